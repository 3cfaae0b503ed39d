"""The group of the command `emollm`: where the model stack is missing, as after `pip install` alone, one line says so."""

from __future__ import annotations

from typing import Any

import click

from emobench_data.cli.commands import InputErrorGroup
from emobench_data.io.errors import InputError

from ..host.absent import absent


class _Told(click.Group):
    """The part that turns what is missing into bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            line = absent(f"emollm {ctx.invoked_subcommand}", error)
            if line is None:
                raise
            raise InputError(line) from error


class StackGroup(InputErrorGroup, _Told):
    """Commands that answer bad input, or a stack that is not installed, with one line on stderr and exit code 2."""
