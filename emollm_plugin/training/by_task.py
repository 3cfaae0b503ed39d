"""The loss by sub-task, beside the loss of all: EmoBench's ids name the sub-task of a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from emobench_data.export.learned import named

from ..prompt.encode import IGNORE_INDEX

MOST_KEPT = 64
TASKS = "tasks"  # of a batch, a name for each sample


def with_task(host_getitem: Callable) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a sample says its sub-task, `own` where its record's id names none."""

    def __getitem__(self, index):
        return {**host_getitem(self, index), "task": named(str(self.list_data_dict[index].get("id", "")))[1]}

    return __getitem__


class LossByTask:
    """Sums the losses of answer tokens by sub-task, of this rank, from one logged loss to the next."""

    def __init__(self) -> None:
        self._kept: list[tuple[Sequence[str], Tensor, Tensor]] = []  # of batches whose values nobody has waited for yet
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, float] = defaultdict(float)

    def add(self, tasks: Sequence[str], labels: Tensor, each: Tensor) -> None:
        """Count a batch.

        Args:
            tasks: of its samples.
            labels: (B, N), `IGNORE_INDEX` where nothing is learned.
            each: the loss of every label that is learned, in their order, (T,).
        """
        rows = (labels[:, 1:] != IGNORE_INDEX).nonzero()[:, 0].to(each.device)
        if len(rows) != len(each):  # the host has cut a sample, and nobody knows which
            return
        zeros = torch.zeros(len(tasks), device=each.device)
        self._kept.append((tasks, zeros.index_add(0, rows, each), zeros.index_add(0, rows, torch.ones_like(each))))
        if len(self._kept) >= MOST_KEPT:  # a training may never log
            self._add_up()

    def figures(self) -> dict[str, float]:
        """`loss_TASK` -> its mean over answer tokens since the last call; nothing where all are of one sub-task."""
        self._add_up()
        means = {f"loss_{task}": round(self._sums[task] / count, 4) for task, count in sorted(self._counts.items()) if count}
        self._sums.clear()
        self._counts.clear()
        return means if len(means) > 1 else {}

    def _add_up(self) -> None:
        for tasks, losses, numbers in self._kept:
            for task, loss, number in zip(tasks, losses.tolist(), numbers.tolist()):
                self._sums[task] += loss
                self._counts[task] += number
        self._kept.clear()
