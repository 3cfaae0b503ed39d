"""Checkpoints by time: a run of minutes and one of weeks lose the same when they are stopped."""

from __future__ import annotations

import time

from transformers import TrainerCallback

from .ranks import from_first


class SaveByTime(TrainerCallback):
    """Saves every `--save_minutes`, at a step at which the loss is logged.

    At such steps alone, or the loss curve would have points where a run happened to be saved, and a stopped run another curve
    than an undisturbed one. All ranks must save at one step, so the first one's clock decides; it is asked, for that takes a
    word between all of them, only at the steps at which the time may be over.
    """

    def on_train_begin(self, args, state, control, **_):
        self.saved = time.monotonic()
        self.seconds = 60 * (getattr(args, "save_minutes", 0) or 0)
        self.first, self.next = state.global_step, state.global_step + 1
        self.looked = self.first, self.saved

    def on_step_end(self, args, state, control, **_):
        step = state.global_step
        every = max(int(args.logging_steps), 1)
        if not self.seconds or step < self.next or step % every:
            return
        due, self.next = from_first(lambda: self._look(step, every))
        control.should_save = control.should_save or due

    def on_save(self, args, state, control, **_):
        self.saved = time.monotonic()

    def _look(self, step: int, every: int) -> tuple[bool, int]:
        """Whether it is time, and the step at which to look again, which comes before half of what is left has passed.

        How long a step takes may change, so at first it is after twice as many steps at most.
        """
        now, (before, then) = time.monotonic(), self.looked
        each, self.looked = max((now - then) / max(step - before, 1), 1e-3), (step, now)
        left = self.saved + self.seconds - now
        due = left <= each * every / 2
        steps = int((self.seconds if due else left) / each / 2)
        return due, step + min(max(steps, 1), step - self.first)
