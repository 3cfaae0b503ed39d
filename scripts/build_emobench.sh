#!/usr/bin/env bash
# Build EmoBench from the data sets on disk: training JSON, questions, exports for other tools, data card and figures.
#
#   bash scripts/build_emobench.sh small --data-root data --out runs/emobench --skip-missing
#   bash scripts/build_emobench.sh my-composition.yaml --out runs/emobench --check-media
#
# The first argument is a preset (default, small) or a YAML file; the options are those of
# `python -m emobench_data build --help`. `python -m emobench_data sources --root data` says what is there and how to
# get the rest. Killed at any moment, it can be run again.
#
# VENV, PYTHON, DOWNLOADS  as in scripts/setup.sh
source "$(dirname "$0")/lib.sh"
[[ "${1:-}" == "--help" ]] && usage "$0" && exit
setup_env
exec "$VENV/bin/python" -m emobench_data build "$@"
