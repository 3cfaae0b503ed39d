#!/usr/bin/env bash
# Fine-tune the LLM by LoRA and the projector in full.
#
#   [VARIABLE=value ...] bash scripts/finetune_lora.sh [--help | --dry-run] [RECIPE] [key=value ...] [-- HOST ARGUMENTS]
#
#   TUNE           lora
# Every other variable is that of scripts/finetune_emollm.sh: see its --help.
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" =~ ^(--help|-h)$ ]] && usage "$0" && exit
export TUNE=lora
exec bash "$ROOT/scripts/finetune_emollm.sh" "$@"
