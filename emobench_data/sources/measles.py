"""Videos about measles by their titles and descriptions, whose sentiment, opinion and emotion programs have labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_ID, NO_LABEL, SENTIMENTS, heads_hold, label, make, prose, words
from ._files import read_table

OPINIONS = ("highly opinionated", "neutral opinionated", "least opinionated")
EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
PARTS = ("title", "description")
# Sub-task -> words of which one names its column, its labels.
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sentiment": (("sentiment",), SENTIMENTS),
    "opinion": (("subjectivity", "opinion"), OPINIONS),
    "text_emotion": (("fine", "emotion"), EMOTIONS),
}
ADDRESS = ("url", "link")
_MARKERS = ("*measles*.csv", "*Measles*.csv")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Three questions about a title and three about a description; videos of one title stay in one split.

    The columns' names are not published where they can be checked: they are found by the words in them, and a table in which a
    word fits none or several is refused.
    """
    table = next(iter(sorted(path for marker in _MARKERS for path in root.glob(marker))), root / "measles.csv")
    columns = None
    for place, row in read_table(table, (), skips):
        columns = columns or _columns(table, tuple(row))
        item, title = words(row[columns["address", ""]]), prose(row[columns["title", ""]])
        if not item:
            skips.add(place, NO_ID)
            continue
        for part in PARTS:
            text = prose(row[columns[part, ""]])
            for task, (_, labels) in KINDS.items() if text else ():
                answer = label(row[columns[part, task]], _table(labels))
                if not answer:
                    skips.add(f"{place}, {part}", NO_LABEL)
                    continue
                yield from make(
                    skips,
                    place,
                    tasks=(task,),
                    labels=labels,
                    source="measles",
                    item=f"{item}/{part}",
                    media=(),
                    answer=answer,
                    text=quoted(part.capitalize(), text),
                    group=title.lower() or item,
                )


def _table(labels: tuple[str, ...]) -> dict[str, str]:
    """Labels by how the file may spell them: `highly opinionated` also as its first word."""
    return {name: name for name in labels} | ({name.split()[0]: name for name in labels} if labels == OPINIONS else {})


def _columns(table: Path, header: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """(part, sub-task) -> its column; the sub-task is empty for the text itself.

    Raises:
        InputError: a column is missing or not the only one that fits.
    """
    every = tuple(word for named, _ in KINDS.values() for word in named)
    found = {("address", ""): _one(table, header, ADDRESS, (), ())}
    for part in PARTS:
        found[part, ""] = _one(table, header, (part,), (), every)
        for task, (named, _) in KINDS.items():
            found[part, task] = _one(table, header, named, (part,), ())
    return found


def _one(
    table: Path, header: tuple[str, ...], any_of: tuple[str, ...], with_: tuple[str, ...], without: tuple[str, ...]
) -> str:
    def fits(name: str) -> bool:
        low = name.lower()
        return any(word in low for word in any_of) and all(word in low for word in with_) and not any(w in low for w in without)

    fitting = [name for name in header if fits(name)]
    if len(fitting) != 1:
        wanted, told = " ".join((*with_, "/".join(any_of))), ", ".join(map(repr, header))[:200]
        raise InputError(f"{table}: {len(fitting)} columns for {wanted}, where one is expected; found: {told}")
    return fitting[0]


SOURCE = Source(
    name="measles",
    title="Videos about measles",
    homepage="https://doi.org/10.5281/zenodo.11711229",
    licence="not found",
    citation="Nirmalya Thakur, Vanessa Su, Mingchen Shao, Kesha A. Patel, Hongseok Jeong, Victoria Knieling, Andrew Bian. A "
    "Labeled Dataset for Sentiment Analysis of Videos on YouTube, TikTok, and Other Sources about the 2024 Outbreak of "
    "Measles. 2024.",
    obtain="take the table of the homepage as measles.csv into the root",
    tasks=tuple(KINDS),
    labels={"sentiment": SENTIMENTS, "opinion": OPINIONS, "text_emotion": EMOTIONS},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "title", "description", "sentiment", "subjectivity"),
    rule="Labels are machine made (VADER, TextBlob, DistilRoBERTa): figures are agreement with these programs, not people.",
)
