#!/usr/bin/env bash
# Make the virtual environment with the pinned stack and both packages in editable mode. Every other script calls it.
#
#   bash scripts/setup.sh
#
# STACK      current or classic             default: current
# EXTRA      lmms-eval or vllm, each in an environment of its own, .venv-lmms-eval or .venv-vllm
# PYTHON     a Python 3.11 or 3.12 (classic: 3.10 too)    default: the first found
# VENV       where the environment goes     default: .venv (classic: .venv-classic)
# DOWNLOADS  wheels laid there are used     default: downloads/
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" == "--help" ]] && usage "$0" && exit
make_env
say "environment: $VENV"
