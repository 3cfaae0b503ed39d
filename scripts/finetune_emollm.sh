#!/usr/bin/env bash
# Fine-tune an EmoLLM with DeepSpeed on LLaVA, evaluate it and print the score table.
#
#   [VARIABLE=value ...] bash scripts/finetune_emollm.sh [--help | --dry-run] [RECIPE] [key=value ...] [-- HOST ARGUMENTS]
#
# RECIPE is a YAML file of the settings below in small letters, or the name of a shipped recipe (`oasis`, `vicuna-7b-clip-l`
# ..., see emollm_plugin/recipes/presets). key=value goes before a variable, a variable before RECIPE: so a script or a job can
# vary a recipe that it did not write, and what is typed counts most. What stands behind -- goes to LLaVA's training as it is.
#
# With nothing set it trains SmolLM2-135M with EfficientNet-Lite0 on the rendered EmoBench-mini, on a CPU if there is
# no GPU. The last line printed is the path of results.json.
#
source "$(dirname "$0")/lib.sh"

if [[ "${1:-}" =~ ^(--help|-h)$ ]]; then
    usage "$0" && cat "$ROOT/emollm_plugin/recipes/help.txt" && exit
fi
# Making the environment takes minutes; settings that cannot be read are said before it.
if [[ ! -f "$VENV/emollm-stamp" ]]; then
    found="$(find_python)" || exit $?
    PYTHONPATH="$ROOT" "$found" -m emollm_plugin.recipes.recipe "$@"
fi
setup_env
# What the settings mean, and all that follows, is in emollm_plugin/recipes.
exec "$VENV/bin/python" -m emollm_plugin.cli train "$@"
