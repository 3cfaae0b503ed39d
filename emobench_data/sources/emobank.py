"""EmoBank: English sentences of six genres with mean ratings of valence, arousal and dominance, from 1 to 5."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_ID, NO_TEXT, heads_hold, item_id, label, make, number, prose
from ._files import first_file, read_table

# Column -> sub-task.
RATINGS = {"V": "emobank_valence", "A": "emobank_arousal", "D": "emobank_dominance"}
NO_RATING = "a rating is missing, or not from 1 to 5"
_SPLITS = {"train": "train", "dev": "val", "test": "test"}
_MARKERS = ("emobank.csv", "corpus/emobank.csv")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The authors' weighted means of writers' and readers' ratings; sentences of one text are not known as such."""
    table = first_file(root, *_MARKERS) or root / _MARKERS[0]
    for place, row in read_table(table, ("id", "split", *RATINGS, "text"), skips):
        item, text, split = item_id(row["id"]), prose(row["text"]), label(row["split"], _SPLITS)
        rated = {task: number(row[column]) for column, task in RATINGS.items()}
        if not item or not split:
            skips.add(place, NO_ID if split else "its split is none of train, dev and test")
        elif not text:
            skips.add(place, NO_TEXT)
        elif not all(value is not None and 1 <= value <= 5 for value in rated.values()):
            skips.add(place, NO_RATING)
        else:
            for task, value in rated.items():
                yield from make(
                    skips,
                    place,
                    tasks=(task,),
                    source="emobank",
                    item=item,
                    media=(),
                    answer=value,
                    text=quoted("Text", text),
                    split=split,
                )


SOURCE = Source(
    name="emobank",
    title="EmoBank",
    homepage="https://github.com/JULIELab/EmoBank",
    licence="CC BY-SA 4.0",
    citation="Sven Buechel, Udo Hahn. EmoBank: Studying the Impact of Annotation Perspective and Representation Format on "
    "Dimensional Emotion Analysis. EACL 2017.",
    obtain="take corpus/emobank.csv from the homepage, so that emobank.csv lies in the root",
    tasks=tuple(RATINGS.values()),
    labels={},
    expected={"train": 8_062, "val": 1_000, "test": 1_000},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "id,split,v,a,d,text"),
)
