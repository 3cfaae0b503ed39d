"""GoEmotions: comments on Reddit, each with one or more of 27 emotions, or neutral."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_TEXT, by_id, heads_hold, item_id, make, prose
from ._files import first_file, open_text

EMOTIONS = (
    *("admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire"),
    *("disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy", "love"),
    *("nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral"),
)
SPLITS = {"train": "train", "val": "dev", "test": "test"}
_NUMBERED = {str(number): name for number, name in enumerate(EMOTIONS)}


def _files(name: str) -> tuple[str, ...]:
    return f"{name}.tsv", f"data/{name}.tsv"


_MARKERS = tuple(file for name in SPLITS.values() for file in _files(name))


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Text, numbers of emotions, and the comment's id, without a header or quoting.

    Raises:
        InputError: emotions.txt is there and lists others, or in another order, than the numbers are read by.
    """
    listed = first_file(root, "emotions.txt", "data/emotions.txt")
    if listed:
        with open_text(listed) as lines:
            if [line.strip() for line in lines if line.strip()] != list(EMOTIONS):
                raise InputError(
                    f"{listed}: not the 28 names in the authors' order, by which labels are numbered; get the authors'"
                )
    for split, name in SPLITS.items():
        table = first_file(root, *_files(name))
        if table:
            with open_text(table) as lines:
                for number, line in enumerate(lines, 1):
                    yield from _record(f"{table.name}:{number}", line.rstrip("\r\n").split("\t"), split, skips)


def _record(place: str, cells: list[str], split: str, skips: Skips) -> Iterator[Record]:
    if len(cells) != 3:
        return skips.add(place, BAD_ROW)
    found = [by_id(one, _NUMBERED, place) for one in cells[1].split(",")]
    text, item = prose(cells[0]), item_id(cells[2])
    fault = (not all(found) and BAD_ROW) or (not text and NO_TEXT) or (not item and NO_ID)
    if fault:
        return skips.add(place, fault)
    yield from make(
        skips,
        place,
        tasks=("goemotions",),
        labels=EMOTIONS,
        source="goemotions",
        item=item,
        media=(),
        answer=tuple(name for name in EMOTIONS if name in found),
        text=quoted("Comment", text),
        split=split,
    )


SOURCE = Source(
    name="goemotions",
    title="GoEmotions",
    homepage="https://github.com/google-research/google-research/tree/master/goemotions",
    licence="Apache-2.0 for the repository",
    citation="Dorottya Demszky, Dana Movshovitz-Attias, Jeongwoo Ko, Alan Cowen, Gaurav Nemade, Sujith Ravi. GoEmotions: A "
    "Dataset of Fine-Grained Emotions. ACL 2020.",
    obtain="take data/ of the homepage, so that train.tsv, dev.tsv and test.tsv lie in the root",
    tasks=("goemotions",),
    labels={"goemotions": EMOTIONS},
    expected={"train": 43_410, "val": 5_426, "test": 5_427},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "\t27\te"),
)
