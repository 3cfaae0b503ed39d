"""`emollm train` and `emollm benchmark`: what the launchers call, with all that follows from their settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import click

from emobench_data.io.errors import InputError

BEHIND = "emollm.behind"  # in the context's notes: the words that stand behind --


class WithHostArguments(click.Command):
    """A command that leaves what stands behind `--` alone; click would take it for more arguments of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, on what stands before `--`."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[BEHIND] = args[end + 1 :]
        try:
            return super().parse_args(ctx, args[:end])
        except click.NoSuchOption as error:
            raise InputError(f"unknown argument {error.option_name}; LLaVA's own go behind --, see --help") from None

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """As click's, with what may stand behind `--`."""
        return [*super().collect_usage_pieces(ctx), "[-- HOST ARGUMENTS]"]


@click.command(cls=WithHostArguments)
@click.option(
    "--dry-run", is_flag=True, help="Print the host's commands (training; with questions, evaluation) and train nothing."
)
@click.argument("words", nargs=-1, metavar="[RECIPE] [KEY=VALUE ...]")
@click.pass_context
def train(ctx: click.Context, words: tuple[str, ...], **options: Any) -> None:
    """Fine-tune, evaluate and score.

    RECIPE is a YAML file of the settings that `emollm settings` lists, in small letters, or the name of a shipped one.
    KEY=VALUE goes before variables of the environment, and these before RECIPE: so a launcher or a job can vary a recipe that
    it did not write, and what is typed counts most. What stands behind -- goes to LLaVA's training as it is. The last line
    printed is the path of results.json.
    """
    from ..recipes import finetune

    recipe, changes = (words[0], words[1:]) if words and "=" not in words[0] else (None, words)
    with _failures_said(ctx):
        finetune(os.environ, recipe, changes, ctx.meta[BEHIND], dry=options["dry_run"])


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the commands that would ask, and ask nothing.")
@click.argument("checkpoint", required=False)
@click.pass_context
def benchmark(ctx: click.Context, checkpoint: str | None, dry_run: bool) -> None:
    """Evaluate CHECKPOINT on EmoBench, or on any question file, in processes of its own, and score it.

    Variables of the environment say how, see `bash scripts/eval_emobench.sh --help`; `emollm eval` is the part of it that
    asks. The last line printed is the path of what there is to look at.
    """
    from ..recipes import evaluate_checkpoint

    with _failures_said(ctx):
        evaluate_checkpoint(checkpoint, os.environ, dry=dry_run)


@contextmanager
def _failures_said(ctx: click.Context) -> Iterator[None]:
    """The line that says why a program of a run failed, and its exit code."""
    from ..recipes import Failed

    try:
        yield
    except Failed as error:
        if error.line:
            click.echo(f"error: {error.line}", err=True)
        ctx.exit(error.code)


@click.command("host-arguments", cls=WithHostArguments, hidden=True)
@click.pass_context
def host_arguments(ctx: click.Context) -> None:
    """Say whether LLaVA's training takes the arguments behind --."""
    from ..host import check_arguments

    with redirect_stdout(sys.stderr):
        check_arguments(ctx.meta[BEHIND])
