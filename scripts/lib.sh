# Shared by the launchers: source it, do not run it.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# The versions that run: `current` (transformers 5) or `classic` (4.37, what LLaVA 1.2.2 was written for).
STACK="${STACK:-current}"
# lmms-eval and vLLM hold several packages back, so each has a lock and an environment of its own.
EXTRA="${EXTRA:-}"
case "$STACK$EXTRA" in
    current) VENV="${VENV:-$ROOT/.venv}" ;;
    currentlmms-eval | currentvllm) VENV="${VENV:-$ROOT/.venv-$EXTRA}" ;;
    classic) VENV="${VENV:-$ROOT/.venv-classic}" ;;
    current* | classic*) printf 'error: EXTRA=%s is unknown; known, on the current stack: lmms-eval, vllm\n' "$EXTRA" >&2 && exit 2 ;;
    *) printf 'error: STACK=%s is unknown; known: current, classic\n' "$STACK" >&2 && exit 2 ;;
esac
VENV="${VENV%/}"  # its lock lies beside it
case "$EXTRA" in
    lmms-eval | vllm) LOCK="$ROOT/emollm_plugin/stacks/$EXTRA.lock" ;;
    *) LOCK="$ROOT/emollm_plugin/stacks/$STACK.lock" ;;
esac
# vLLM comes with a transformers of its own, and without LLaVA.
[[ "$EXTRA" == vllm ]] && PACKAGES=vllm || PACKAGES="$STACK"
DOWNLOADS="${DOWNLOADS:-$ROOT/downloads}"
MODELS="${MODELS:-$ROOT/models}"
export STACK VENV DOWNLOADS MODELS
# PyTorch builds extensions here; its own default is one folder for all environments, which build over one another.
export TORCH_EXTENSIONS_DIR="${TORCH_EXTENSIONS_DIR:-$VENV/torch_extensions}"

say() { printf '== %s\n' "$*"; }

# One line on stderr, exit code 2: bad input.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# The comment block at the top of a script is its --help.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$1"; }

# The first Python that the stack runs on; PYTHON names one.
find_python() {
    local candidate oldest newest
    read -r _ oldest newest < <(grep "^$STACK " "$ROOT/emollm_plugin/stacks/pythons.txt")
    local candidates=(python3.11 python3.12 python3.10 python3)
    [[ -z "${PYTHON:-}" ]] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c "import sys; sys.exit(not (${oldest/./,}) <= sys.version_info[:2] <= (${newest/./,}))" 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "no Python $oldest to $newest found (tried: ${candidates[*]}); name one with PYTHON=..."
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

# lmms-eval brings a torchvision for CUDA, and vLLM a torchaudio and torchcodec too. Beside a torch for the CPU they cannot be
# imported, and take transformers with them; nothing that is used here needs them.
without_foreign_torchvision() {
    local python="$VENV/bin/python" package
    for package in torchvision torchaudio torchcodec; do
        if "$python" -m pip show --quiet "$package" 2>/dev/null && ! "$python" -c "import $package" 2>/dev/null; then
            say "$package was built for another torch than this one, and is taken out again"
            "$python" -m pip uninstall --quiet --yes "$package"
        fi
    done
}

# The environment of this clone, in which its own packages come before those that are installed.
setup_env() {
    make_env
    export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"
}

# Make the virtual environment, once per content of the files that define it; several clones may share one. The packages
# are installed, from the clone that made it, for the commands that are typed by hand.
make_env() {
    local stamp="$VENV/emollm-stamp" made="" owner="" wanted
    wanted="$(cd "$ROOT" && cat "$LOCK" "emollm_plugin/stacks/$PACKAGES.txt" emollm_plugin/stacks/host.txt setup.cfg | sha256sum | cut -d' ' -f1)"
    [[ ! -f "$stamp" ]] || read -r made owner <"$stamp" || true
    [[ "$made" != "$wanted" ]] || return 0
    # One process makes it at a time: two pips in one environment spoil it. The others wait, and then find it made.
    if [[ -z "${MAKING:-}" ]] && command -v flock >/dev/null; then
        mkdir -p "$(dirname "$VENV")" 2>/dev/null || die "VENV=$VENV: its folder cannot be made; name another"
        { : >>"$VENV.lock"; } 2>/dev/null || die "VENV=$VENV: its folder cannot be written to; name another"
        exec {lock}>>"$VENV.lock"
        flock -n "$lock" || { say "another process makes $VENV; waiting for its end" && flock "$lock"; }
        MAKING=1 make_env
        exec {lock}>&-
        return
    fi
    # Another clone that needs other packages would set them up anew in its turn.
    [[ -z "$owner" || "$owner" == "$ROOT" || ! -d "$owner/scripts" ]] ||
        die "VENV=$VENV was made by $owner, whose packages are not those of this clone; name another VENV"
    say "setting up $VENV (once; downloads about 0.5 GB, several GB with CUDA; takes two to ten minutes)"
    local python
    python="$(find_python)" || exit $?
    "$python" -m venv "$VENV"
    pip_install -c "$LOCK" -r "$ROOT/emollm_plugin/stacks/$PACKAGES.txt"
    if [[ "$EXTRA" == vllm ]]; then
        pip_install --no-build-isolation -c "$LOCK" -e "$ROOT"
    else
        pip_install --no-deps -r "$ROOT/emollm_plugin/stacks/host.txt"
        local extras="video,plot,test${EXTRA:+,$EXTRA}"
        [[ "$STACK$EXTRA" != current ]] || extras+=",serve,endpoint,docs"
        pip_install --no-build-isolation -c "$LOCK" -e "$ROOT[$extras]"
    fi
    without_foreign_torchvision
    "$VENV/bin/python" -c 'import torch' || die "$VENV was made, but PyTorch does not load there; remove it and run again"
    printf '%s %s\n' "$wanted" "$ROOT" >"$stamp"
}
