#!/usr/bin/env bash
# Fine-tune an EmoLLM with DeepSpeed on LLaVA, evaluate it with LLaVA's own script and print the score table.
#
#   [VARIABLE=value ...] bash scripts/finetune_emollm.sh [--help | --dry-run]
#
# With nothing set it trains SmolLM2-135M with EfficientNet-Lite0 on the rendered EmoBench-mini, on a CPU if there is
# no GPU. The last line printed is the path of results.json.
#
source "$(dirname "$0")/lib.sh"

case "${1:-}" in
    --help | -h) usage "$0" && cat "$ROOT/emollm_plugin/recipes/help.txt" && exit ;;
    --dry-run | "") ;;
    *) die "unknown argument $1; see --help" ;;
esac
# Making the environment takes minutes; settings that cannot be read are said before it.
if [[ ! -f "$VENV/emollm-stamp" ]]; then
    found="$(find_python)" || exit $?
    PYTHONPATH="$ROOT" "$found" -m emollm_plugin.recipes.recipe
fi
setup_env
# What the settings mean, and all that follows, is in emollm_plugin/recipes.
exec "$VENV/bin/python" -m emollm_plugin.cli train "$@"
