#!/usr/bin/env bash
# What machines can check without running anything: form, order of the rooms, types. First in CI, and before a commit.
#
#   bash scripts/check.sh          check
#   bash scripts/check.sh --fix    mend form and sorting first
source "$(dirname "$0")/lib.sh"
[[ " $* " == *" --help "* ]] && usage "$0" && exit
cd "$ROOT"
setup_env
bin="$VENV/bin"
if [[ "${1:-}" == "--fix" ]]; then
    "$bin/ruff" check --fix --quiet . || true
    "$bin/ruff" format --quiet .
fi
code=0
"$bin/ruff" check --quiet . || code=1
"$bin/ruff" format --check --quiet . || { code=1 && say "form: bash scripts/check.sh --fix mends it"; }
"$bin/lint-imports" --no-logo || code=1
"$bin/mypy" --no-error-summary || code=1
exit "$code"
