"""Batches of one question: texts behind the same question, whose beginning packed rows then read once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch.utils.data import Sampler

from emobench_data.media.kinds import placeholders
from emobench_data.schema.asking import first_line


class ByQuestion(Sampler):
    """All records in an order of which each `size` in a row share their question, as far as that goes.

    What is left of the questions comes last. The order and the batches' are drawn, from the global generator.

    Args:
        questions: of each record.
        size: of a batch.
    """

    def __init__(self, questions: Sequence[str], size: int) -> None:
        self.questions, self.size = questions, size

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[int]:
        open_batches: dict[str, list[int]] = defaultdict(list)
        full: list[list[int]] = []
        for number in torch.randperm(len(self)).tolist():
            batch = open_batches[self.questions[number]]
            batch.append(number)
            if len(batch) == self.size:
                full.append(open_batches.pop(self.questions[number]))
        order = torch.randperm(len(full)).tolist()
        return chain.from_iterable([*(full[place] for place in order), *open_batches.values()])


def question_of(record: dict[str, Any]) -> str:
    """What a record about a text alone begins with: its first line; nothing of one with a medium."""
    if any(kind in record for kind in placeholders()):
        return ""
    return first_line(record["conversations"][0]["value"])
