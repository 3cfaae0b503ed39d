"""Groups of options, each of which arrives as one value."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from emobench_data.cli.scores import FILE
from emobench_data.io.errors import InputError

TEMPERATURE = 0.7


def voting_options(command: Callable) -> Callable:
    """Options that arrive as one `votes`, a `SelfConsistency` or None."""

    @click.option(
        "--self-consistency",
        metavar="CHAINS",
        type=click.IntRange(1),
        help="Where reasons are asked for, sample so many chains and take the majority of their answers.",
    )
    @click.option("--temperature", type=click.FloatRange(0), help=f"Of --self-consistency; default: {TEMPERATURE}.")
    @click.option("--seed", type=int, help="Of --self-consistency; default: 0.")
    @wraps(command)
    def with_votes(self_consistency: int | None, temperature: float | None, seed: int | None, **options: Any) -> None:
        given = {"--temperature": temperature is not None, "--seed": seed is not None}
        alone = [name for name, is_given in given.items() if is_given and self_consistency is None]
        if alone:
            raise InputError(f"{alone[0]}: is of --self-consistency, without which answers are not sampled; leave it out")
        if self_consistency is None:
            return command(votes=None, **options)
        if options["likelihood"]:
            raise InputError("--likelihood and --self-consistency are two ways to answer after reasons; give one of them")
        from ..evaluation.chains import SelfConsistency

        votes = SelfConsistency(self_consistency, TEMPERATURE if temperature is None else temperature, seed or 0)
        return command(votes=votes, **options)

    return with_votes


def hearing_options(command: Callable) -> Callable:
    """The options that say what is heard: `audio` and `span`."""
    command = click.option("--audio", type=FILE, help="A sound that is heard with MEDIUM, or alone.")(command)
    said = "From and to so many seconds of sounds, such as 12.5 17; at most 30 s."
    return click.option("--span", type=float, nargs=2, metavar="FROM TO", help=said)(command)


def about_options(command: Callable) -> Callable:
    """The options of a sub-task; they arrive as one `about`, an `About` or None."""

    @click.option("--task", help="Answer this sub-task, such as sarcasm, as CHECKPOINT learned it, in place of the emotion.")
    @click.option("--text", "words", help="Of --task: the words that belong to the medium, such as its caption.")
    @wraps(command)
    def with_about(task: str | None, words: str | None, **options: Any) -> None:
        if words and not task:
            raise InputError("--text: is read for a sub-task alone; give --task too")
        from ..serving.sub_task import About

        command(about=About(task, words or "") if task else None, **options)

    return with_about
