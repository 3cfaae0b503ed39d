"""A loss that is no number: transformers leaves it out of the log, trains on to the end, and saves what is broken."""

from __future__ import annotations

import torch
from torch import Tensor

from emobench_data.io.errors import InputError

WAY_OUT = "as a new run, take a lower LEARNING_RATE and PROJECTOR_LR, or PRECISION=fp32"


class FiniteLoss:
    """Notes whether a loss of this rank was nan or infinite; only the check waits for the GPU."""

    def __init__(self) -> None:
        self._all = torch.tensor(True)

    def note(self, loss: Tensor) -> None:
        """Note the loss of a micro-batch."""
        self._all = self._all.to(loss.device) & torch.isfinite(loss.detach()).all()

    def check(self, step: int) -> None:
        """Raise `InputError` if one was not finite; called where the loss is logged, which it is before all that is saved."""
        if not self._all:
            raise InputError(f"the loss is nan or infinite, at step {step} or before; nothing of it was saved; {WAY_OUT}")
