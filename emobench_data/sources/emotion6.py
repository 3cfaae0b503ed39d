"""Emotion6: web images with the share of annotators that felt each of seven emotions, and valence and arousal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import (
    BAD_ROW,
    EMOTION,
    NO_LABEL,
    NO_MEDIUM,
    Stems,
    below,
    heads_hold,
    make,
    number,
    vote,
    words,
)
from ._files import open_text

LABELS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
_COLUMNS = 3 + len(LABELS)


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The header's spelling differs between copies, so columns count by place: file, valence, arousal, shares."""
    items = Stems()
    with open_text(root / "ground_truth.txt") as lines:
        next(lines, "")
        for number_, line in enumerate(lines, 2):
            if not line.isspace():
                yield from _record(f"ground_truth.txt:{number_}", line.rstrip("\n").split("\t"), items, skips)


def _record(place: str, cells: list[str], items: Stems, skips: Skips) -> Iterator[Record]:
    if len(cells) != _COLUMNS:
        return skips.add(place, BAD_ROW)
    name = words(cells[0]).removeprefix("images/")
    told = [number(cell) for cell in cells[3:]]
    shares = [share for share in told if share is not None]
    if not name:
        return skips.add(place, NO_MEDIUM)
    if len(shares) < len(told) or any(share < 0 for share in shares) or not any(shares):
        return skips.add(place, NO_LABEL)
    item = items(name)
    answer, references = vote(dict(zip(LABELS, shares)), item)
    affect = {"valence": cells[1].strip(), "arousal": cells[2].strip()}
    yield from make(
        skips,
        place,
        tasks=EMOTION,
        labels=LABELS,
        source="emotion6",
        item=item,
        media=(Medium("image", below("images", name)),),
        answer=answer,
        references=references,
        attributes={key: value for key, value in affect.items() if number(value) is not None},
    )


SOURCE = Source(
    name="emotion6",
    title="Emotion6",
    homepage="http://chenlab.ece.cornell.edu/downloads.html",
    licence="academic research only; the images belong to their owners",
    citation="Kuan-Chuan Peng, Tsuhan Chen, Amir Sadovnik, Andrew Gallagher. "
    "A Mixed Bag of Emotions: Model, Predict, and Transfer Emotion Distributions. CVPR 2015.",
    obtain="download Emotion6 from the homepage and unpack it, so that ground_truth.txt and images/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    expected={"": 1_980},
    markers=("ground_truth.txt",),
    read=read,
    own=lambda root: heads_hold(root, ("ground_truth.txt",), "valence", "arousal"),
    rule="The answer is the emotion that most annotators felt (ties drawn by a hash of the item's id); references are "
    "the emotions of at least half of them, and those at the top.",
)
