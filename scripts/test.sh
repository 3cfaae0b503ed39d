#!/usr/bin/env bash
# Run the tests from a fresh clone: makes the environment if need be, then all tiers.
#
#   bash scripts/test.sh            unit, host and end-to-end tests
#   bash scripts/test.sh ARGS...    the same, with pytest's own arguments (for instance -m "not e2e" -k projector)
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" == "--help" ]] && usage "$0" && exit
setup_env
cd "$ROOT"
# No test may reach for a model hub.
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false DS_ACCELERATOR=cpu
exec "$VENV/bin/python" -m pytest "$@"
