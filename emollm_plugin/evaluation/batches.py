"""Questions in batches by what they are about and how long they are, made ready in worker processes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, Dataset

from emobench_data.io.errors import InputError
from emobench_data.media.examine import open_picture
from emobench_data.schema.asking import first_line
from emobench_data.schema.medium import Medium
from emobench_data.schema.questions import Question

from ..media.clips import clip_below
from .expectation import scale_of
from .eyes import Seen
from .predictor import Asked, Predictor

Batch = list[tuple[Question, Asked]]


def in_batches(
    questions: Sequence[Question], size: int, *, likelihood: bool, expectation: bool = False
) -> list[list[Question]]:
    """Batches of questions of one kind (of media or none, scored or generated, for reasons or not), the longest first.

    Questions about one medium lie together, so that it is decoded, encoded and read once; media that are asked about in like
    texts follow one another, so that a batch has like lengths; and batches of two kinds about the same media do. Texts that
    fill a batch behind one question, their first line, lie together, so that it is read once.

    With `expectation` those of each scale are batches of their own.
    """
    many = Counter(first_line(question.text) for question in questions if not question.media)
    about: dict[Any, list[Question]] = {}  # media, and each question that has none
    for question in questions:
        about.setdefault(question.medium or question.audio or (question.id,), []).append(question)
    for own in about.values():
        own.sort(key=lambda question: (question.audio or "", *_by_length(question)))
    kinds: dict[tuple[Any, ...], list[tuple[int, Question]]] = {}
    for place, own in enumerate(sorted(about.values(), key=lambda own: sorted(map(_by_length, own)))):
        for question in own:
            scale = scale_of(question) if expectation else None
            first = "" if question.media else first_line(question.text)
            media = question.medium is None, question.audio is None, first if many[first] >= size else ""
            kind = *media, likelihood and bool(question.options), question.reasoned, scale and scale.texts
            kinds.setdefault(kind, []).append((place, question))
    batches = [own[start : start + size] for own in kinds.values() for start in range(0, len(own), size)]
    batches.sort(key=lambda batch: batch[0][0])
    return [[question for _, question in batch] for batch in batches]


def _by_length(question: Question) -> tuple[int, str]:
    return -len(question.text), question.text


class _Ready(Dataset):
    def __init__(self, batches: list[list[Question]], images: Path, predictor: Predictor) -> None:
        self.batches, self.images, self.predictor = batches, images.resolve(), predictor

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch | InputError:
        questions = self.batches[index]
        try:
            opened = {medium: self._open(medium) for medium in dict.fromkeys(one for each in questions for one in each.media)}
            return [(question, self._ask(question, opened)) for question in questions]
        except InputError as error:  # a worker would wrap it in a traceback
            return error

    def _open(self, medium: Medium) -> Seen:
        eyes = self.predictor.eyes
        if medium.kind == "audio":
            return eyes.sound(clip_below(self.images, medium.path))
        if medium.kind == "video":
            return eyes.clip(self.images, medium.path)
        return eyes.picture(open_picture(self.images / medium.path, self.images))

    def _ask(self, question: Question, opened: dict[Medium, Seen]) -> Asked:
        by_kind = {medium.kind: medium for medium in question.media}
        audio = by_kind.pop("audio", None)
        shown = next(iter(by_kind.values()), None)
        return self.predictor.ask(
            shown and opened[shown],
            question.text,
            picture=shown and "/".join(shown),  # one file may be shown as a picture and as a clip
            sound=audio and opened[audio].sound,
            voice=audio and audio.path,
        )


def ready_batches(
    batches: list[list[Question]], images: Path, predictor: Predictor, *, workers: int | None = None
) -> Iterator[Batch]:
    """Each batch with its pictures, clips and sounds decoded, in order; workers decode the next ones meanwhile.

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
