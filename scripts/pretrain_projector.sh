#!/usr/bin/env bash
# Align the projector with a frozen LLM (LLaVA's first stage); what comes out starts the next with PRETRAIN_PROJECTOR.
#
#   [VARIABLE=value ...] bash scripts/pretrain_projector.sh [--help | --dry-run] [RECIPE] [key=value ...] [-- HOST ARGUMENTS]
#
#   TUNE           projector
# Every other variable is that of scripts/finetune_emollm.sh: see its --help.
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" =~ ^(--help|-h)$ ]] && usage "$0" && exit
export TUNE=projector
exec bash "$ROOT/scripts/finetune_emollm.sh" "$@"
