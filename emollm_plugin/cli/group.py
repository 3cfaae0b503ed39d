"""The group of the command `emollm`: where the model stack is missing, as after `pip install` alone, one line says so."""

from __future__ import annotations

from typing import Any

import click

from emobench_data.cli.commands import InputErrorGroup
from emobench_data.io.errors import InputError

SETUP = "run `emollm setup`, or in a clone `bash scripts/setup.sh`"
# What `emollm setup` brings; another module that is missing is a fault of ours or of a package, and shows where.
STACK = {"torch", "transformers", "accelerate", "peft", "deepspeed", "llava", "gguf"}


class _Told(click.Group):
    """The part that turns what is missing into bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in STACK:
                raise
            what = f"emollm {ctx.invoked_subcommand} needs {missing}, which is not installed"
            raise InputError(f"{what}; {SETUP}") from error


class StackGroup(InputErrorGroup, _Told):
    """Commands that answer bad input, or a stack that is not installed, with one line on stderr and exit code 2."""
