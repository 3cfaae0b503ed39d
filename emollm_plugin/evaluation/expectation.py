"""Numbers by expectation: the mean of all that may be answered, each as likely as the model is to answer it.

A greedy number is the mode of that distribution, and of few different values; the mean is finer and nearer where errors are
squared. It is taken over the tokens of the written numbers, digit by digit where a tokenizer has digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import torch
from torch import Tensor

from emobench_data.io.errors import InputError
from emobench_data.schema.questions import Question
from emobench_data.schema.types.number import Number, asked_number
from emobench_data.schema.types.ordinal import asked_classes

from .decode import SCORED_ROWS
from .reader import Read, Reader

MANY = 10_001  # written numbers of a range: 0 to 1 with four decimals
PARENTS = 32  # beginnings of a number behind which the next token is looked at, at one place

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Scale:
    """What may be answered to a question: how each value is written, and `kind`, None where these are classes."""

    texts: tuple[str, ...]
    values: tuple[float, ...]
    kind: Number | None = None

    def said(self, expected: float) -> str:
        """The answer that stands for an expected value: itself with its decimals, or the nearest class, of two the lower."""
        if self.kind:
            return self.kind.written(expected)
        return min(zip(self.values, self.texts), key=lambda pair: (abs(pair[0] - expected), pair[0]))[1]


def scale_of(question: Question) -> Scale | None:
    """The scale of a question that asks for a number or for one of ordered classes, and no reasons; None for another.

    Raises:
        InputError: its range has too many numbers.
    """
    if question.reasoned:
        return None
    kind = None if question.options else asked_number(question.plain, alone=not question.media)
    if kind:
        steps = round((kind.high - kind.low) * 10**kind.decimals)
        if steps >= MANY:
            told = f"{steps + 1:,} numbers are too many for an expectation"
            raise InputError(f"question {question.id!r}: {told}; ask for fewer decimals")
        values = [kind.low + step / 10**kind.decimals for step in range(steps + 1)]
        return Scale(tuple(map(kind.written, values)), tuple(values), kind)
    options = tuple(question.options)  # a list, where a loader's worker handed it over
    own = asked_classes(question.plain, options)
    return Scale(options, tuple(map(float, own.values))) if own else None


class Beginnings:
    """The written answers of a scale as a tree of tokens, as deep as there are at most `parents` beginnings at each place.

    `ends` are the beginnings that it is cut at, whole answers where it is deep enough; `values` of each the mean of the answers
    that begin so.
    """

    def __init__(self, written: Sequence[Ids], values: Sequence[float], parents: int = PARENTS) -> None:
        self._written = list(dict.fromkeys(written))
        self.depth, longest = 0, max(map(len, written))
        while self.depth < longest and len(self.inner(self.depth)) <= parents:
            self.depth += 1
        under: dict[Ids, list[float]] = {}
        for ids, value in zip(written, values):
            under.setdefault(ids[: self.depth], []).append(value)
        self.ends, self.values = list(under), [fmean(own) for own in under.values()]

    def inner(self, place: int) -> list[Ids]:
        """The different beginnings of `place` tokens that go on."""
        return list(dict.fromkeys(ids[:place] for ids in self._written if len(ids) > place))

    @cached_property
    def widest(self) -> int:
        """The most beginnings at one place."""
        return max(len(self.inner(place)) for place in range(self.depth))


def expected_values(reader: Reader, read: Read, tree: Beginnings, at_once: int = SCORED_ROWS) -> list[float]:
    """The expected value behind each row of `read`, over what `tree` holds.

    Args:
        at_once: beginnings that are read on in one pass.
    """
    size = max(1, at_once // tree.widest)
    rows = torch.arange(len(read.lengths), device=read.lengths.device)
    logs = torch.cat([log_probabilities(reader, read.rows(part), tree) for part in rows.split(size)])
    values = torch.tensor(tree.values, dtype=torch.double, device=logs.device)
    return (logs.double().softmax(1) * values).sum(1).tolist()


def log_probabilities(reader: Reader, read: Read, tree: Beginnings) -> Tensor:
    """The log-probability of each of the `ends` of `tree` behind each row of `read`: (B, E)."""
    rows = len(read.lengths)
    known: dict[Ids, Tensor] = {(): read.logits.new_zeros(rows)}  # of each beginning, (B,)
    inner = tree.inner(0)
    for place in range(tree.depth):
        if place:
            before = {ids: number for number, ids in enumerate(inner)}
            inner = tree.inner(place)
            from_rows = [number * rows + row for ids in inner for number in (before[ids[:-1]],) for row in range(rows)]
            tokens = [ids[-1] for ids in inner for _ in range(rows)]
            device = read.lengths.device
            read = reader.step(read.rows(torch.tensor(from_rows, device=device)), torch.tensor(tokens, device=device))
        shares = read.logits.log_softmax(-1).view(len(inner), rows, -1)
        own = {ids: number for number, ids in enumerate(inner)}
        following = {ids[: place + 1] for ids in (*tree.ends, *tree.inner(place + 1)) if len(ids) > place}
        for ids in sorted(following):
            known[ids] = known[ids[:-1]] + shares[own[ids[:-1]], :, ids[-1]]
    return torch.stack([known[ids] for ids in tree.ends], dim=1)
