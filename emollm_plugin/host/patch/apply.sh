#!/usr/bin/env bash
# Make a LLaVA load the plug-in by itself, by adding our own lines at the top of seven of its files.
#
#   emollm patch TARGET             add the lines
#   emollm patch TARGET --check     say `applied` (exit 0), `not applied` (1) or why neither (2)
#   emollm patch TARGET --reverse   take them out again, to the byte
#
# TARGET is a LLaVA source tree or an installed package `llava`:
#   emollm patch "$(python -c 'import importlib.util as u; print(u.find_spec("llava").submodule_search_locations[0])')"
# The plug-in itself must be installed in the same environment. All files change, or none.
# From a clone, without its environment: `bash patches/apply.sh` in place of `emollm patch`.
set -euo pipefail

PATCH="$(cd "$(dirname "$0")" && pwd)/llava.patch"

say() { printf '== %s\n' "$*"; }

# One line on stderr, exit code 2: bad input.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# The comment block at the top is the --help.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$1"; }

main() {
    [[ "${1:-}" == --help || "${1:-}" == -h ]] && usage "$0" && exit
    [[ $# -ge 1 && $# -le 2 ]] || die "give one folder: TARGET [--check | --reverse]"
    command -v git >/dev/null || die "git is needed to apply a patch, and was not found"
    find_parent "$1"
    find_state
    case "${2:-}" in
        --check) report ;;
        --reverse) change applied "not applied" --reverse ;;
        "") change "not applied" applied ;;
        *) die "unknown argument $2; see --help" ;;
    esac
}

# PARENT is the folder that holds the package llava.
find_parent() {
    if [[ -f "$1/llava/__init__.py" ]]; then
        PARENT="$(cd "$1" && pwd -P)"
    elif [[ -f "$1/__init__.py" && -f "$1/constants.py" && "$(basename "$(cd "$1" && pwd)")" == llava ]]; then
        PARENT="$(cd "$1/.." && pwd -P)"
    else
        die "$1 holds no package llava; give a LLaVA source tree or the folder of the installed package"
    fi
}

# Git must not see a repository around the target: it leaves out files that one ignores, such as a .venv.
apply() { (cd "$PARENT" && GIT_CEILING_DIRECTORIES="$(dirname "$PARENT")" git apply --unidiff-zero "$@" "$PATCH"); }

# Lines at a file's top fit any file and twice, so every file is looked at first.
find_state() {
    local file with=0 without=0
    FAULT=""
    while read -r file; do
        if [[ ! -f "$PARENT/$file" ]]; then
            FAULT="no $file, so this is not LLaVA 1.2"
        elif apply --reverse --check --include="$file" 2>/dev/null; then
            with=$((with + 1))
        elif grep -q emollm_plugin "$PARENT/$file"; then
            FAULT="$file names emollm_plugin, but not with this patch's lines"
        else
            without=$((without + 1))
        fi
    done < <(sed -n 's|^+++ b/||p' "$PATCH")
    [[ -n "$FAULT" || "$with" == 0 || "$without" == 0 ]] || FAULT="$with files have the patch's lines, $without have not"
    STATE=other
    [[ -n "$FAULT" ]] || { ((with)) && STATE=applied || STATE="not applied"; }
}

report() {
    [[ "$STATE" != other ]] || die "$PARENT/llava: $FAULT"
    printf '%s\n' "$STATE"
    [[ "$STATE" == applied ]]
}

# From one state to the other; already there is no error.
change() {
    local from="$1" to="$2"
    shift 2
    [[ "$STATE" != other ]] || die "$PARENT/llava: $FAULT; nothing was changed"
    [[ "$STATE" == "$from" ]] || { say "$to already: $PARENT/llava" && return; }
    apply "$@" || die "$PARENT/llava could not be changed; check its permissions"
    say "$to: $PARENT/llava"
}

main "$@"
