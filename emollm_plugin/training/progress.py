"""How far training is and how it goes, in a line that is shown and kept: step, loss and the time that is left."""

from __future__ import annotations

import logging
import time
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import PrinterCallback

logger = logging.getLogger(__name__)


class ShowLoss(TrainerCallback):
    """Says at every logging step what the trainer's own printer would say in a dict without the steps that are left."""

    def on_train_begin(self, args, state, control, **_):
        self.begun, self.first = time.monotonic(), state.global_step

    def on_log(self, args, state, control, logs=None, **_):
        done = state.global_step - self.first
        if not state.is_world_process_zero or done < 1 or "loss" not in (logs or {}):
            return
        each = (time.monotonic() - self.begun) / done
        left = in_words(each * (state.max_steps - state.global_step))
        logger.info(
            "step %d/%d: loss %.4f, %.2f s a step, %s left",
            state.global_step,
            state.max_steps,
            float(logs["loss"]),
            each,
            left,
        )


def show_loss(trainer: Any) -> None:
    """Put `ShowLoss` in the place of the printer, which the trainer has where it shows no bar (`--disable_tqdm True`)."""
    if trainer.pop_callback(PrinterCallback):
        trainer.add_callback(ShowLoss())


def in_words(seconds: float) -> str:
    """A time in its two largest units, such as `1 h 05 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
