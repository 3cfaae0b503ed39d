"""TDT: tweets with a target each, and the sentiment towards it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_LABEL, NO_TEXT, SENTIMENTS, heads_hold, make, prose, words
from ._files import first_file, open_text

SIGN = "$T$"  # where the target stands in a tweet, in every place
SPLITS = ("train", "test")
_NUMBERED = {"-1": "negative", "0": "neutral", "1": "positive"}


def _files(split: str) -> tuple[str, ...]:
    return f"{split}.raw", f"acl-14-short-data/{split}.raw"


_MARKERS = tuple(file for split in SPLITS for file in _files(split))


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Three lines a tweet: with `$T$` for its target, the target, and -1, 0 or 1."""
    for split in SPLITS:
        table = first_file(root, *_files(split))
        if table:
            with open_text(table) as lines:
                for number, (tweet, target, label) in enumerate(zip_longest(lines, lines, lines, fillvalue=""), 1):
                    yield from _record(
                        f"{table.name}:{3 * number - 2}", number, tweet, words(target), words(label), split, skips
                    )


def _record(place: str, number: int, tweet: str, target: str, label: str, split: str, skips: Skips) -> Iterator[Record]:
    answer = _NUMBERED.get(label, "")
    fault = (SIGN not in tweet and BAD_ROW) or (not target and NO_TEXT) or (not answer and NO_LABEL)
    if fault:
        return skips.add(place, fault)
    yield from make(
        skips,
        place,
        tasks=("target_sentiment",),
        labels=SENTIMENTS,
        source="tdt",
        item=f"{split}/{number}",
        media=(),
        answer=answer,
        text="\n".join((quoted("Tweet", prose(tweet.replace(SIGN, target))), f"Target: {target}")),
        split=split,
    )


SOURCE = Source(
    name="tdt",
    title="TDT, Twitter with targets",
    homepage="https://aclanthology.org/P14-2009/",
    licence="none stated",
    citation="Li Dong, Furu Wei, Chuanqi Tan, Duyu Tang, Ming Zhou, Ke Xu. Adaptive Recursive Neural Network for "
    "Target-dependent Twitter Sentiment Classification. ACL 2014.",
    obtain="get acl-14-short-data, so that train.raw and test.raw lie in the root or in a folder of that name",
    tasks=("target_sentiment",),
    labels={"target_sentiment": SENTIMENTS},
    expected={"train": 6_248, "test": 692},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "$t$"),
)
