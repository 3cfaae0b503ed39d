#!/usr/bin/env bash
# Fine-tune the LLM by LoRA over a base in 4 bits, and the projector in full. Needs `pip install bitsandbytes`.
#
#   [VARIABLE=value ...] bash scripts/finetune_qlora.sh [--help | --dry-run] [RECIPE] [key=value ...] [-- HOST ARGUMENTS]
#
#   TUNE           qlora
#   CHECKPOINTING  default: 1
# Every other variable is that of scripts/finetune_emollm.sh: see its --help.
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" =~ ^(--help|-h)$ ]] && usage "$0" && exit
export TUNE=qlora CHECKPOINTING="${CHECKPOINTING:-1}"
exec bash "$ROOT/scripts/finetune_emollm.sh" "$@"
