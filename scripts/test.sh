#!/usr/bin/env bash
# Run the tests from a fresh clone: makes the environment if need be, then all tiers.
#
#   bash scripts/test.sh                unit, host and end-to-end tests on one stack
#   bash scripts/test.sh ARGS...        the same, with pytest's own arguments (-m "not e2e" -k projector; -n 0 --pdb)
#   bash scripts/test.sh -m nightly     whole runs whose parts the others prove, on one stack; see tests/nightly.py, too
#   bash scripts/test.sh --quick        form, types and the quick ones of the tests that need neither LLaVA nor a real model:
#                                       under three minutes on two cores
#   bash scripts/test.sh --all-stacks   everything on the current stack in float32, what depends on the number format there
#                                       again in bfloat16, then what depends on the stack on the classic one in bfloat16
#
# STACK              current (transformers 5) or classic (4.37.2), of which the tests that depend on the stack are run where no
#                    ARGS are given; --all-stacks takes both, each in its own environment
# EMOLLM_CPU_DTYPE   number format that models compute in: float32 (default) or bfloat16; --all-stacks takes both
source "$(dirname "$0")/lib.sh"
[[ " $* " == *" --help "* ]] && usage "$0" && exit
# No test may reach for a model hub.
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false DS_ACCELERATOR=cpu STACK
cd "$ROOT"

# The rooms that touch the host's code or another library of the stack, and of the scripts' tests those that are marked.
CLASSIC=(tests/emollm_plugin/{checkpoints,cli,compat,evaluation,host,prompt,towers,training,test_attach.py} tests/test_scripts.py)
CLASSIC+=(-m "not e2e and not current_stack or both_stacks")

# The first tier: what is wrong in form or type, or in tests without the host, is said first. Rooms of the plug-in whose tests
# all but need the host are left out: to import them would take longer than the tests that are left.
QUICK=(tests/emobench_data tests/emollm_plugin/{checkpoints,projector,recipes,serving,test_attach.py,test_registry.py})
QUICK+=(tests/test_test_script.py -m "not host and not e2e and not slow")

# Every part runs whatever the others gave; the last lines are the closing lines of those that failed.
all_stacks() {
    local code=0 failed=""
    part "current stack, float32" current float32 "$@"
    part "current stack, bfloat16" current bfloat16 tests/emollm_plugin "$@" -m both_formats
    # A VENV that is given is that of the current stack, and so are the extensions in it.
    VENV="" TORCH_EXTENSIONS_DIR="" part "classic stack, bfloat16" classic bfloat16 "${CLASSIC[@]}" "$@"
    [[ -z "$failed" ]] || printf '%s' "$failed"
    exit "$code"
}

# part NAME STACK FORMAT ARGS...: one run of this script; adds to `code` and `failed`. No test for ARGS (5) is no failure.
part() {
    local log status=0
    log="$(mktemp)"
    say "$1"
    STACK="$2" EMOLLM_CPU_DTYPE="$3" bash scripts/test.sh "${@:4}" 2>&1 | tee "$log" || status=$?
    if ((status != 0 && status != 5)); then
        code="$status" failed+="== $1"$'\n'"$(tail -n 1 "$log")"$'\n'
    fi
    rm -f "$log"
}

if [[ "${1:-}" == "--all-stacks" ]]; then
    shift
    all_stacks "$@"
fi
if [[ "${1:-}" == "--quick" ]]; then
    shift
    bash scripts/check.sh
    exec bash scripts/test.sh "${QUICK[@]}" "$@"
fi
# Benchmarks, notebooks and what else is not the plug-in are for the current stack alone.
[[ "$STACK" != classic ]] || (($#)) || set -- "${CLASSIC[@]}"
setup_env
say "tests on the $STACK stack, models in ${EMOLLM_CPU_DTYPE:-float32}"
# A process of tests a core, with one thread each; a file's tests stay together, as they share models that it makes.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$VENV/bin/python" -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder "$@"
