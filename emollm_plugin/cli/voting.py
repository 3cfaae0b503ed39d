"""The options of self-consistency."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

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
