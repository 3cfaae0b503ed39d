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
    def read(self) -> list[Ids]:
        """All beginnings that are read, one behind another."""
        return [ids for place in range(1, self.depth) for ids in self.inner(place)]

    @cached_property
    def following(self) -> list[Ids]:
        """All beginnings of the `ends`, and these, in the order of their lengths."""
        found = {ids[:length]: None for ids in self.ends for length in range(1, len(ids) + 1)}
        return sorted(found, key=len)


def expected_values(reader: Reader, read: Read, tree: Beginnings, at_once: int = SCORED_ROWS) -> list[float]:
    """The expected value behind each row of `read`, over what `tree` holds.

    Args:
        at_once: beginnings that are read on in one pass.
    """
    size = max(1, at_once // max(1, len(tree.read)))
    rows = torch.arange(len(read.lengths), device=read.lengths.device)
    logs = torch.cat([log_probabilities(reader, read.rows(part), tree) for part in rows.split(size)])
    values = torch.tensor(tree.values, dtype=torch.double, device=logs.device)
    return (logs.double().softmax(1) * values).sum(1).tolist()


def log_probabilities(reader: Reader, read: Read, tree: Beginnings) -> Tensor:
    """The log-probability of each of the `ends` of `tree` behind each row of `read`, which is used up: (B, E)."""
    first = read.logits[:, None]
    after = _side_by_side(reader, read, tree.read) if reader.branches else _one_by_one(reader, read, tree)
    logits = torch.cat([first, *after], dim=1)  # (B, 1 + T, V)
    whole = logits.logsumexp(-1)
    places: dict[Ids, int] = {(): 0} | {ids: number for number, ids in enumerate(tree.read, 1)}
    known: dict[Ids, Tensor] = {(): read.logits.new_zeros(len(read.logits))}  # of each beginning, (B,)
    for ids in tree.following:
        place = places[ids[:-1]]
        known[ids] = known[ids[:-1]] + logits[:, place, ids[-1]] - whole[:, place]
    return torch.stack([known[ids] for ids in tree.ends], dim=1)


def _side_by_side(reader: Reader, read: Read, beginnings: Sequence[Ids]) -> list[Tensor]:
    return [reader.read_branches(read, beginnings)] if beginnings else []


def _one_by_one(reader: Reader, read: Read, tree: Beginnings) -> list[Tensor]:
    """As `_side_by_side`, with a row for each beginning, for attention that takes no such mask."""
    rows, inner, found = len(read.lengths), tree.inner(0), []
    for place in range(1, tree.depth):
        before = {ids: number for number, ids in enumerate(inner)}
        inner = tree.inner(place)
        from_rows = [before[ids[:-1]] * rows + row for ids in inner for row in range(rows)]
        tokens = [ids[-1] for ids in inner for _ in range(rows)]
        device = read.lengths.device
        read = reader.step(read.rows(torch.tensor(from_rows, device=device)), torch.tensor(tokens, device=device))
        found.append(read.logits.view(len(inner), rows, -1).transpose(0, 1))
    return found
