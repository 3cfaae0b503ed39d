#!/usr/bin/env bash
# As `emollm patch`, from a clone and without an environment; --help says all.
exec bash "$(dirname "$0")/../emollm_plugin/host/patch/apply.sh" "$@"
