"""VADER's ground truth: sentences of four kinds with the mean sentiment that twenty people saw in them, from -4 to 4."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, NO_TEXT, heads_hold, item_id, make, number, prose
from ._files import first_file, open_text

# File -> its sub-task and what a text of it is.
KINDS = {
    "tweets": ("vader_tweets", "Tweet"),
    "amazonReviewSnippets": ("vader_amazon", "Review"),
    "movieReviewSnippets": ("vader_movies", "Review"),
    "nytEditorialSnippets": ("vader_news", "Editorial"),
}


def _files(kind: str) -> tuple[str, ...]:
    return tuple(f"{folder}{kind}_GroundTruth.txt" for folder in ("", "hutto_ICWSM_2014/"))


_MARKERS = tuple(file for kind in KINDS for file in _files(kind))


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """No header and no quoting; `12_3` is the third sentence of text 12, whose sentences stay in one split."""
    for kind, (task, role) in KINDS.items():
        table = first_file(root, *_files(kind))
        if table:
            with open_text(table) as lines:
                for number_, line in enumerate(lines, 1):
                    yield from _record(f"{table.name}:{number_}", line.rstrip("\n").split("\t"), kind, task, role, skips)


def _record(place: str, cells: list[str], kind: str, task: str, role: str, skips: Skips) -> Iterator[Record]:
    if len(cells) != 3:
        return skips.add(place, BAD_ROW)
    item, rating, text = item_id(cells[0]), number(cells[1]), prose(cells[2])
    fault = (not item and NO_ID) or (not text and NO_TEXT) or (rating is None and NO_LABEL)
    if fault:
        return skips.add(place, fault)
    yield from make(
        skips,
        place,
        tasks=(task,),
        source="vader",
        item=f"{kind}/{item}",
        media=(),
        answer=rating,
        text=quoted(role, text),
        group=f"{kind}/{item.partition('_')[0]}",
    )


SOURCE = Source(
    name="vader",
    title="VADER, ground truth",
    homepage="https://github.com/cjhutto/vaderSentiment",
    licence="MIT",
    citation="C. J. Hutto, Eric Gilbert. VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text. "
    "ICWSM 2014.",
    obtain="unpack additional_resources/hutto_ICWSM_2014.tar.gz of the homepage, so that hutto_ICWSM_2014/ lies in the root",
    tasks=tuple(task for task, _ in KINDS.values()),
    labels={},
    expected={"": 23_703},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "\t"),
)
