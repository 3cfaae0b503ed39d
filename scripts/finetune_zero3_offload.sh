#!/usr/bin/env bash
# Fine-tune everything with little GPU memory: ZeRO-3, weights and optimizer kept in CPU memory.
#
#   [VARIABLE=value ...] bash scripts/finetune_zero3_offload.sh [--help | --dry-run] [RECIPE] [key=value ...] [-- HOST ARGUMENTS]
#
#   TUNE           full
#   ZERO           3_offload
#   CHECKPOINTING  default: 1
# Every other variable is that of scripts/finetune_emollm.sh: see its --help.
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" =~ ^(--help|-h)$ ]] && usage "$0" && exit
export TUNE=full ZERO=3_offload CHECKPOINTING="${CHECKPOINTING:-1}"
exec bash "$ROOT/scripts/finetune_emollm.sh" "$@"
