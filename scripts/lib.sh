# Shared by the launchers: source it, do not run it.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# The versions that run: `current` (transformers 5) or `classic` (4.37, what LLaVA 1.2.2 was written for).
STACK="${STACK:-current}"
case "$STACK" in
    current) VENV="${VENV:-$ROOT/.venv}" ;;
    classic) VENV="${VENV:-$ROOT/.venv-classic}" ;;
    *) printf 'error: STACK=%s is unknown; known: current, classic\n' "$STACK" >&2 && exit 2 ;;
esac
DOWNLOADS="${DOWNLOADS:-$ROOT/downloads}"
MODELS="${MODELS:-$ROOT/models}"
# PyTorch builds extensions here; its own default is one folder for all environments, which build over one another.
export TORCH_EXTENSIONS_DIR="${TORCH_EXTENSIONS_DIR:-$VENV/torch_extensions}"

say() { printf '== %s\n' "$*"; }

# One line on stderr, exit code 2: bad input.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# must_be PATTERN WORDS NAME...: each variable, where it is set, has this form.
must_be() {
    local pattern="$1" words="$2" name
    for name in "${@:3}"; do
        [[ -z "${!name:-}" || "${!name}" =~ ^($pattern)$ ]] || die "$name=${!name} is not $words"
    done
}

# make_folder NAME: the folder that the variable names can be written to; the variable becomes its full path.
make_folder() {
    mkdir -p "${!1}" 2>/dev/null && [[ -w "${!1}" ]] ||
        die "$1=${!1} is no folder that can be made or written to; name another"
    printf -v "$1" '%s' "$(cd "${!1}" && pwd)"
}

# The comment block at the top of a script is its --help.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$1"; }

# The first Python from 3.10 to 3.12 that runs; PYTHON names one.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.10 python3}; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "no Python 3.10 to 3.12 found (tried: ${PYTHON:-python3.11 python3.12 python3.10 python3}); name one with PYTHON=..."
}

# pip, with what lies in the downloads folder preferred; a failure says what was wanted and where to put it by hand.
pip_install() {
    local log
    log="$(mktemp)"
    mkdir -p "$DOWNLOADS"
    if ! "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --find-links "$DOWNLOADS" "$@" 2>"$log"; then
        cat "$log" >&2
        rm -f "$log"
        die "could not install: $* (see above). Without a network, put the wheels named there into $DOWNLOADS and run again"
    fi
    rm -f "$log"
}

# Make the virtual environment, once per content of the files that define it.
setup_env() {
    local stamp="$VENV/emollm-stamp" wanted
    wanted="$(cd "$ROOT" && cat "scripts/stacks/$STACK.txt" scripts/stacks/host.txt setup.cfg | sha256sum | cut -d' ' -f1) $ROOT"
    if [[ -f "$stamp" && "$(<"$stamp")" == "$wanted" ]]; then
        return
    fi
    say "setting up $VENV (once; downloads about 0.5 GB, several GB with CUDA)"
    local python
    python="$(find_python)" || exit $?
    "$python" -m venv "$VENV"
    pip_install -r "$ROOT/scripts/stacks/$STACK.txt"
    pip_install --no-deps -r "$ROOT/scripts/stacks/host.txt"
    pip_install --no-build-isolation -c "$ROOT/scripts/stacks/$STACK.txt" -e "$ROOT[video,mat,plot,test]"
    printf '%s\n' "$wanted" >"$stamp"
}
