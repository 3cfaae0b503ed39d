"""A part of the model stack that is not installed here, in one line: after `pip install` alone, or in another environment."""

from __future__ import annotations

import sys

SETUP = "run `emollm setup`, or in a clone `bash scripts/setup.sh`"
# What `emollm setup` brings; another module that is missing is a fault of ours or of a package, and shows where.
STACK = {"torch", "transformers", "accelerate", "peft", "deepspeed", "llava", "gguf"}


def absent(who: str, error: ModuleNotFoundError) -> str | None:
    """What `who` needs and lacks, with the way out; None where a part of an installed package is missing, or another one."""
    if error.name not in STACK:
        return None
    return f"{who} needs {error.name}, which is not installed in {sys.prefix}; activate the right environment, or {SETUP}"
