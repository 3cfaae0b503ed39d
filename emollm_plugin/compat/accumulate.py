"""How many labels the micro-batches of one step have, where the trainer does not count them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from transformers import Trainer

from ..prompt.encode import IGNORE_INDEX


def counts_labels(trainer: type) -> bool:
    """Whether a trainer hands the labels of a whole step to the loss, as transformers' does since 4.46."""
    return hasattr(trainer, "get_batch_samples")


class WholeSteps(Trainer):
    """transformers < 4.46: the loss of a micro-batch cannot know the labels of those that come after it.

    The micro-batches of a step are kept until all are there, their labels counted over all ranks, and then each is trained
    with the count, as newer trainers do. What the trainer, accelerate and DeepSpeed divide by, accumulation steps and ranks,
    is taken back.
    """

    def train(self, *args, **kwargs):
        """As transformers'."""
        self._batches, self._waiting = 0, []
        return super().train(*args, **kwargs)

    def training_step(self, model, inputs):  # type: ignore[override]
        """The loss of a step with its last micro-batch, 0 with the others."""
        self._batches += 1
        self._waiting.append(inputs)
        if not _ends_a_step(self):
            return torch.zeros((), device=self.args.device)
        waiting, self._waiting = self._waiting, []
        items, losses = _labels(self, waiting), []
        divided = self.args.gradient_accumulation_steps * self.args.world_size * max(self.args.n_gpu, 1)
        for number, batch in enumerate(waiting, start=1):
            # Without DeepSpeed, gradients of ranks are added up once, with the last.
            alone = nullcontext() if number == len(waiting) else self.accelerator.no_sync(model)
            with alone:
                losses.append(super().training_step(model, {**batch, "num_items_in_batch": items / divided}))
        return torch.stack(losses).sum()


def _ends_a_step(trainer: Any) -> bool:
    """As the trainer's own loop has it; an epoch of fewer batches than a step takes is a step."""
    size, epoch = trainer.args.gradient_accumulation_steps, len(trainer.callback_handler.train_dataloader)
    return trainer._batches % size == 0 or (epoch <= size and trainer.accelerator.gradient_state.end_of_dataloader)


def _labels(trainer: Any, batches: list[dict]) -> float:
    """Labels that are learned in these batches and in those of the other ranks; the first of a row is never predicted."""
    count = sum((batch["labels"][:, 1:] != IGNORE_INDEX).sum() for batch in batches)
    return trainer.accelerator.gather(count[None].to(trainer.args.device)).sum().item()
