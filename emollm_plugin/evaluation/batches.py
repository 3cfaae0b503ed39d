"""Questions in batches of like length, made ready in worker processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, Sequence

from torch.utils.data import DataLoader, Dataset

from emobench_data.errors import InputError
from emobench_data.media import open_picture
from emobench_data.questions import Question

from .predictor import Asked, Predictor

Batch = list[tuple[Question, Asked]]
# What the steps after reading cost a batch, in tokens read: on a CPU as measured with the default model, elsewhere so much
# that batches are cut where they must.
BATCH_COST = {True: 64, False: 4096}


def in_batches(
    questions: Sequence[Question], size: int, predictor: Predictor, *, likelihood: bool
) -> list[list[Question]]:
    """Batches of questions of one kind (picture, clip or text, scored or generated), the longest first."""
    kinds: dict[tuple[bool, bool, bool], list[tuple[int, str, Question]]] = {}
    for question in questions:
        ids = predictor.prompter.question_ids(question.text, image=question.medium is not None)
        kind = (question.image is None, question.video is None, likelihood and bool(question.options))
        kinds.setdefault(kind, []).append((-len(ids), question.text, question))
    batches = []
    for rows in kinds.values():
        rows.sort(key=lambda row: row[:2])
        ends = cut([-length for length, _, _ in rows], size, BATCH_COST[predictor.model.device.type == "cpu"])
        for start, end in zip([0, *ends], ends):
            batches.append([question for _, _, question in rows[start:end]])
    return batches


def cut(lengths: Sequence[int], size: int, cost: int) -> list[int]:
    """Where batches of at most `size` end, so that reading takes least.

    Args:
        lengths: of the prompts in tokens, falling; a batch reads as many in each row as its first has.
        cost: of a batch beside its rows, in tokens of one row.
    """
    least, begins = [0], [0]
    for end in range(1, len(lengths) + 1):
        starts = range(max(0, end - size), end)
        total, begin = min((least[start] + lengths[start] * (end - start) + cost, start) for start in starts)
        least.append(total)
        begins.append(begin)
    ends = [len(lengths)] if lengths else []
    while ends and begins[ends[0]]:
        ends.insert(0, begins[ends[0]])
    return ends


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
        if question.video is not None:
            return self.predictor.ask_clip(self.images, question.video, question.text)
        if question.image is None:
            return self.predictor.ask(None, question.text)
        image = open_picture(self.images / question.image, self.images)
        return self.predictor.ask(image, question.text, picture=question.image)


def ready_batches(
    batches: list[list[Question]], images: Path, predictor: Predictor, *, workers: int | None = None
) -> Iterator[Batch]:
    """Each batch with its pictures and clips decoded, in order.

    Args:
        images: the folder that the questions' media lie in.
        workers: processes; 0 for none, None for one less than there are cores, 4 at most.

    Raises:
        InputError: a picture or clip is missing, broken or outside of the folder.
    """
    workers = min(4, max(1, len(os.sched_getaffinity(0)) - 1)) if workers is None else workers
    loader = DataLoader(_Ready(batches, images, predictor), batch_size=None, num_workers=workers)
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch
