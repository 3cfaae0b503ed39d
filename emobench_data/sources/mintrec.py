"""MIntRec: clips of a TV series with what is said in them, 20 intents."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_ID, NO_LABEL, below, heads_hold, heard, label, make, prose
from ._files import read_table

LABELS = (
    "complain",
    "praise",
    "apologise",
    "thank",
    "criticize",
    "agree",
    "taunt",
    "flaunt",
    "joke",
    "oppose",
    "comfort",
    "care",
    "inform",
    "advise",
    "arrange",
    "introduce",
    "leave",
    "prevent",
    "greet",
    "ask for help",
)
COLUMNS = ("season", "episode", "clip", "text", "label")
SPLITS = {"train": "train", "val": "dev", "test": "test"}
_MARKERS = tuple(f"{name}.tsv" for name in SPLITS.values())
_TABLE = {name: name for name in LABELS}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Tab-separated files without quoting: a quotation mark in a text is only that."""
    for split, name in SPLITS.items():
        path = root / f"{name}.tsv"
        if path.exists():
            for place, row in read_table(path, COLUMNS, skips, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield from _record(place, row, split, skips)


def _record(place: str, row: dict[str, str], split: str, skips: Skips) -> Iterator[Record]:
    parts = [row[name].strip() for name in ("season", "episode", "clip")]
    word, said = label(row["label"], _TABLE), prose(row["text"])
    if not all(parts) or not word:
        return skips.add(place, NO_LABEL if all(parts) else NO_ID)
    yield from make(
        skips,
        place,
        tasks=("intent",),
        labels=LABELS,
        source="mintrec",
        item="_".join(parts),
        media=(Medium("video", below("raw_data", f"{'/'.join(parts)}.mp4")),),
        answer=word,
        split=split,
        text=quoted("Said", said),
        attributes=heard((), "", said),
    )


SOURCE = Source(
    name="mintrec",
    title="MIntRec",
    homepage="https://github.com/thuiar/MIntRec",
    licence="MIT",
    citation="Hanlei Zhang, Hua Xu, Xin Wang, Qianrui Zhou, Shaojie Zhao, Jiayan Teng. "
    "MIntRec: A New Dataset for Multimodal Intent Recognition. ACM Multimedia 2022.",
    obtain="download train.tsv, dev.tsv, test.tsv and raw_data/ by the links on the homepage into the root",
    tasks=("intent",),
    labels={"intent": LABELS},
    expected={"train": 1_334, "val": 445, "test": 445},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "season", "episode", "clip"),
)
