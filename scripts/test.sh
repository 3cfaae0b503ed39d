#!/usr/bin/env bash
# Run the tests from a fresh clone: makes the environment if need be, then all tiers.
#
#   bash scripts/test.sh                unit, host and end-to-end tests on one stack
#   bash scripts/test.sh ARGS...        the same, with pytest's own arguments (-m "not e2e" -k projector; -n 0 --pdb)
#   bash scripts/test.sh --all-stacks   everything on the current stack, then what depends on the stack on the classic one
#
# STACK   current (transformers 5) or classic (4.37.2); --all-stacks takes both, each in its own environment
source "$(dirname "$0")/lib.sh"
[[ " $* " == *" --help "* ]] && usage "$0" && exit
# No test may reach for a model hub.
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false DS_ACCELERATOR=cpu STACK
cd "$ROOT"

# The plug-in's own tests, and of the scripts' those that are quick or marked for both stacks.
CLASSIC=(tests/emollm_plugin tests/test_scripts.py -m "not e2e or both_stacks")

# Both stacks run whatever the first one gave; the last line is the closing line of a failed one, if there is one.
all_stacks() {
    local log code=0 failed=""
    log="$(mktemp)"
    say "current stack"
    STACK=current bash scripts/test.sh "$@" 2>&1 | tee "$log" || code=$?
    ((code == 0)) || failed="$(tail -n 1 "$log")"
    rm -f "$log"
    say "classic stack"
    env -u VENV STACK=classic bash scripts/test.sh "${CLASSIC[@]}" "$@" 2>&1 || code=$?
    [[ -z "$failed" ]] || printf '== current stack\n%s\n' "$failed"
    exit "$code"
}

if [[ "${1:-}" == "--all-stacks" ]]; then
    shift
    all_stacks "$@"
fi
setup_env
# A process of tests a core, with one thread each; a file's tests stay together, as they share models that it makes.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$VENV/bin/python" -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder "$@"
