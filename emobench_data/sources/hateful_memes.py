"""Hateful Memes: pictures with words, made so that neither alone tells whether they are hateful."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, heads_hold, item_id, make, prose, words, yes_no
from ._files import read_jsonl

# The files of the challenge's second phase, then those of the first; the seen and unseen dev files overlap.
FILES = {
    "train": ("train",),
    "val": ("dev_seen", "dev_unseen", "dev"),
    "test": ("test_seen", "test_unseen", "test"),
}
DIGITS = 5
_MARKERS = ("train.jsonl", "dev*.jsonl", "test*.jsonl")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """An id is a string with leading zeros or an int, so that ids are brought to one form."""
    for split, names in FILES.items():
        for path in (root / f"{name}.jsonl" for name in names):
            if path.exists():
                for place, row in read_jsonl(path):
                    yield from _record(place, row, split, skips)


def _record(place: str, row: Any, split: str, skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    item = item_id(row.get("id")).zfill(DIGITS) if item_id(row.get("id")) else ""
    answer = yes_no(row.get("label"), place)
    if not item or not answer:
        return skips.add(place, NO_LABEL if item else NO_ID)
    yield from make(
        skips,
        place,
        tasks=("hate",),
        source="hateful_memes",
        item=item,
        media=(Medium("image", words(row.get("img")) or f"img/{item}.png"),),
        answer=answer,
        split=split,
        text=quoted("Meme text", prose(row.get("text"))),
    )


SOURCE = Source(
    name="hateful_memes",
    title="Hateful Memes",
    homepage="https://hatefulmemeschallenge.com/",
    licence="Hateful Memes Dataset License Agreement (limited, not transferable)",
    citation="Douwe Kiela, Hamed Firooz, Aravind Mohan, Vedanuj Goswami, Amanpreet Singh, Pratik Ringshia, "
    "Davide Testuggine. The Hateful Memes Challenge: Detecting Hate Speech in Multimodal Memes. NeurIPS 2020.",
    obtain="the homepage is said to offer the data no more: unpack a copy that you got under its licence, "
    "so that train.jsonl and img/ lie in the root",
    tasks=("hate",),
    labels={},
    expected={"train": 8_500, "val": 640, "test": 3_000},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, '"img"', '"text"'),
    hateful=True,
)
