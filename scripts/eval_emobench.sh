#!/usr/bin/env bash
# Evaluate a checkpoint on EmoBench, or on any question file of LLaVA's, and print the score table.
#
#   [VARIABLE=value ...] bash scripts/eval_emobench.sh CHECKPOINT [--help | --dry-run]
#
# With nothing else set it asks the questions of the rendered EmoBench-mini. The last line printed is the path of
# results.json, of the answers where there is no GOLD, of the report with BEFORE. A run that was stopped goes on with
# the same command.
#
source "$(dirname "$0")/lib.sh"

if [[ " $* " =~ " --help "|" -h " ]]; then
    usage "$0" && cat "$ROOT/emollm_plugin/recipes/help_eval.txt" && exit
fi
# Making the environment takes minutes; settings that cannot be read are said before it.
if [[ ! -f "$VENV/emollm-stamp" ]]; then
    found="$(find_python)" || exit $?
    PYTHONPATH="$ROOT" "$found" -m emollm_plugin.recipes.eval_settings "$@"
fi
setup_env
# What the settings mean, and all that follows, is in emollm_plugin/recipes.
exec "$VENV/bin/python" -m emollm_plugin.cli benchmark "$@"
