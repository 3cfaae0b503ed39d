"""How fast training goes, what it waits for, and how far the projector's perspectives have opened, beside each logged loss."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..prompt.encode import IGNORE_INDEX


class Pace:
    """Counts samples, answer tokens and the time that was spent waiting for batches, from one logged loss to the next."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._anew()

    def _anew(self) -> None:
        self._samples, self._waited = 0, 0.0
        self._answers: Tensor | int = 0  # a tensor of the device: asking for its value would wait for the step

    def waiting(self, batches: Iterator[Any]) -> Iterator[Any]:
        """`batches`, timed."""
        while True:
            begun = time.monotonic()
            self._begun = begun if self._begun is None else self._begun
            try:
                batch = next(batches)
            except StopIteration:
                return
            self._waited += time.monotonic() - begun
            yield batch

    def count(self, batches: Sequence[Mapping[str, Any]]) -> None:
        """Count what is going to be trained on: rows, and their labels but each row's first, which is never predicted."""
        self._begun = time.monotonic() if self._begun is None else self._begun
        for batch in batches:
            self._samples += len(batch["labels"])
            self._answers = self._answers + (batch["labels"][:, 1:] != IGNORE_INDEX).sum()

    def figures(self, ranks: int) -> dict[str, float]:
        """What was since the last call, of all ranks as of this one; nothing where nothing was trained."""
        if self._begun is None or not self._samples:
            return {}
        now = time.monotonic()
        seconds, samples, answers = max(now - self._begun, 1e-9), self._samples * ranks, int(self._answers) * ranks
        waited = self._waited / seconds
        self._anew()
        self._begun = now
        figures = {"samples_per_second": samples / seconds, "answer_tokens_per_second": answers / seconds}
        return {**{name: round(value, 3) for name, value in figures.items()}, "waiting_for_data": round(waited, 4)}


def peak_memory() -> float:
    """The most memory that this process has had, in GB: of its GPU as PyTorch counts it, or of the machine."""
    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 1e9, 3)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9, 3)


def openings(model: nn.Module) -> dict[str, float]:
    """How much each perspective can add to a token: its gate times the length of its values' rows, the mean over channels.

    Zero in a fresh projector. Under ZeRO-3, where no rank has them whole, there are none.
    """
    found = {}
    for name, module in model.named_modules():
        if ".reads." not in name or not (hasattr(module, "gate") and hasattr(module, "to_value")):
            continue
        gate, values = module.gate, module.to_value.weight
        if not isinstance(gate, Tensor) or not isinstance(values, Tensor) or hasattr(gate, "ds_id"):
            continue
        kind = "sound_" if "audio" in name else ""
        opened = (gate.detach().abs().float() * values.detach().float().norm(dim=1)).mean()
        found[f"opening_{kind}{name.rpartition('.')[2]}"] = round(opened.item(), 6)
    return found
