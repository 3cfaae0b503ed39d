"""A checkpoint that answers, in three lines of Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from ..evaluation.eyes import Seen
from ..evaluation.predictor import Medium, Predictor
from .ask import TOKENS, ask, refuse_faulty


class Model:
    """A loaded checkpoint, which is asked about one picture, clip or sound at a time; `predictor` works in batches."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def ask(self, medium: Medium, question: str, *, max_new_tokens: int = TOKENS) -> str:
        """The model's own words (greedy) on `question`.

        Args:
            medium: a picture (PIL), the file of a picture, clip or sound, or None for a question about text alone.

        Raises:
            InputError: the file cannot be used; the message names it and the way out.
        """
        _refuse(medium)
        return self.predictor.answer([medium], [question], max_new_tokens=max_new_tokens)[0]

    def emotion(self, medium: Image.Image | Seen | str | Path, *, labels: Sequence[str] | None = None) -> dict[str, Any]:
        """Which emotion a picture, clip or sound shows, with `probabilities` and a `rationale`; see `serving.ask.ask_all`.

        Raises:
            InputError: as `ask`, and for labels that are missing or not different.
        """
        _refuse(medium)
        eyes = self.predictor.eyes
        if isinstance(medium, (str, Path)):
            medium = eyes.open(medium)
        return ask(self.predictor, medium if isinstance(medium, Seen) else eyes.picture(medium), labels=labels)


def load(
    checkpoint: str | Path,
    base: str | Path | None = None,
    *,
    device: str | None = None,
    template: str | None = None,
    dtype: torch.dtype | str | None = None,
    vision_tower: str | Path | None = None,
) -> Model:
    """Load a checkpoint to be asked. Arguments and errors are those of `Predictor.load`."""
    return Model(Predictor.load(checkpoint, base, device, template, dtype, vision_tower))


def _refuse(medium: Medium) -> None:
    if isinstance(medium, (str, Path)):
        refuse_faulty(Path(medium))
