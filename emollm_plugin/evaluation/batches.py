"""Questions in batches of like length, made ready in worker processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, Dataset

from emobench_data.io.errors import InputError
from emobench_data.media.examine import open_picture
from emobench_data.schema.questions import Question

from ..media.clips import clip_below
from .expectation import scale_of
from .predictor import Asked, Predictor

Batch = list[tuple[Question, Asked]]


def in_batches(
    questions: Sequence[Question], size: int, *, likelihood: bool, expectation: bool = False
) -> list[list[Question]]:
    """Batches of questions of one kind (of media or none, scored or generated, for reasons or not), the longest first.

    With `expectation` those of each scale are batches of their own.
    """
    kinds: dict[tuple[Any, ...], list[Question]] = {}
    for question in questions:
        scale = scale_of(question) if expectation else None
        media = question.medium is None, question.audio is None
        kind = *media, likelihood and bool(question.options), question.reasoned, scale and scale.texts
        kinds.setdefault(kind, []).append(question)
    batches = []
    for own in kinds.values():
        own.sort(key=lambda question: (-len(question.text), question.text))
        batches += [own[start : start + size] for start in range(0, len(own), size)]
    return batches


class _Ready(Dataset):
    def __init__(self, batches: list[list[Question]], images: Path, predictor: Predictor) -> None:
        self.batches, self.images, self.predictor = batches, images.resolve(), predictor

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch | InputError:
        try:
            return [(question, self._ask(question)) for question in self.batches[index]]
        except InputError as error:  # a worker would wrap it in a traceback
            return error

    def _ask(self, question: Question) -> Asked:
        sound = self.predictor.eyes.sound(clip_below(self.images, question.audio)).sound if question.audio else None
        ask, ask_clip = (
            partial(each, sound=sound, voice=question.audio) for each in (self.predictor.ask, self.predictor.ask_clip)
        )
        if question.video is not None:
            return ask_clip(self.images, question.video, question.text)
        if question.image is None:
            return ask(None, question.text)
        return ask(open_picture(self.images / question.image, self.images), question.text, picture=question.image)


def ready_batches(
    batches: list[list[Question]], images: Path, predictor: Predictor, *, workers: int | None = None
) -> Iterator[Batch]:
    """Each batch with its pictures, clips and sounds decoded, in order.

    Args:
        images: the folder that the questions' media lie in.
        workers: processes; 0 for none, None for one less than there are cores, 4 at most.

    Raises:
        InputError: a picture, clip or sound is missing, broken or outside of the folder, or the model does not hear.
    """
    workers = min(4, max(1, len(os.sched_getaffinity(0)) - 1)) if workers is None else workers
    loader = DataLoader(_Ready(batches, images, predictor), batch_size=None, num_workers=workers)
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch
