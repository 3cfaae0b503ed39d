"""The loss by sub-task, beside the loss of all: EmoBench's ids name the sub-task of a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from emobench_data.export.learned import named

from ..prompt.encode import IGNORE_INDEX

TASKS = "tasks"  # of a batch, a name for each sample


def with_task(host_getitem: Callable) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a sample says its sub-task, `own` where its record's id names none."""

    def __getitem__(self, index):
        return {**host_getitem(self, index), "task": named(str(self.list_data_dict[index].get("id", "")))[1]}

    return __getitem__


class LossByTask:
    """Sums the losses of answer tokens by sub-task, of this rank, from one logged loss to the next."""

    def __init__(self) -> None:
        self._kept: list[tuple[Sequence[str], Tensor, Tensor]] = []

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

    def figures(self) -> dict[str, float]:
        """`loss_TASK` -> its mean over answer tokens since the last call; nothing where all are of one sub-task."""
        sums: dict[str, float] = defaultdict(float)
        counts: dict[str, float] = defaultdict(float)
        for tasks, losses, numbers in self._kept:
            for task, loss, number in zip(tasks, losses.tolist(), numbers.tolist()):
                sums[task] += loss
                counts[task] += number
        self._kept.clear()
        if len(sums) < 2:
            return {}
        return {f"loss_{task}": round(sums[task] / counts[task], 4) for task in sorted(sums) if counts[task]}
