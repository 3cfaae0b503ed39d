"""SemEval-2018 Task 1, English: tweets with intensities of four emotions, valence, and sets of eleven emotions."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..schema.beyond.ratings import FELT
from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_ID, NO_LABEL, NO_TEXT, heads_hold, make, number, prose, words
from ._files import first_file, read_table

MYSTERY = "row of the mystery set, whose gold is made up"
NO_GOLD = "its gold is not given (NONE)"
# Our split -> what its files are called, and the folder of the official archive that holds them.
SPLITS = {"train": ("train", "training"), "val": ("dev", "development"), "test": ("test-gold", "test-gold")}


EMOTIONS = (
    *("anger", "anticipation", "disgust", "fear", "joy", "love", "optimism", "pessimism", "sadness", "surprise", "trust"),
)
INTENSITIES = ("0: none", "1: low", "2: moderate", "3: high")
VALENCES = (
    *("-3: very negative", "-2: moderately negative", "-1: slightly negative", "0: neutral or mixed"),
    *("1: slightly positive", "2: moderately positive", "3: very positive"),
)


class Part(NamedTuple):
    """A sub-task: its folder, what its files are called before the split, what they are of, and our name of it.

    `column` is that of its gold, empty where there is one for each emotion; `labels` are the classes.
    """

    folder: str
    stem: str
    column: str
    dimension: str
    task: str
    labels: tuple[str, ...] = ()


PARTS = (
    *(Part("EI-reg", f"EI-reg-En-{felt}", "Intensity Score", felt, f"ei_reg_{felt}") for felt in FELT),
    *(Part("EI-oc", f"EI-oc-En-{felt}", "Intensity Class", felt, f"ei_oc_{felt}", INTENSITIES) for felt in FELT),
    Part("V-reg", "Valence-reg-En", "Intensity Score", "valence", "v_reg"),
    Part("V-oc", "Valence-oc-En", "Intensity Class", "valence", "v_oc", VALENCES),
    Part("E-c", "E-c-En", "", "", "e_c", EMOTIONS),
)


def _files(part: Part, split: str) -> tuple[str, ...]:
    """A flat folder, those of a public copy, or the official archive; dev and test stand there with a year before them."""
    name, folder = SPLITS[split]
    folders = ("", f"{part.folder}/", f"datasets/task1/{part.folder}/", f"English/{part.folder}/{folder}/")
    named = [f"{year}{part.stem}-{name}.txt" for year in ("", "2018-")]
    return tuple(f"{folder}{file}" for folder in folders for file in named)


_MARKERS = tuple(file for part in PARTS for split in SPLITS for file in _files(part, split))


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """One record per tweet and sub-task; a tweet stands in one split, whatever it is asked for.

    Train was annotated apart from dev and test, so that scores of one are not comparable with those of the others (README).
    """
    for part in PARTS:
        for split in SPLITS:
            table = first_file(root, *_files(part, split))
            if table:
                yield from _rows(table, part, split, skips)


def _rows(table: Path, part: Part, split: str, skips: Skips) -> Iterator[Record]:
    columns = ("Affect Dimension", part.column) if part.column else part.labels
    # No quoting: a tweet may begin with a quotation mark that nothing closes.
    for place, row in read_table(table, ("ID", "Tweet", *columns), skips, delimiter="\t", quoting=csv.QUOTE_NONE):
        item, text = words(row["ID"]), prose(row["Tweet"].replace("\\n", " "))
        answer = _answer(row, part)
        fault = (
            (not item and NO_ID)
            or ("-mystery-" in item and MYSTERY)
            or (not text and NO_TEXT)
            or ("NONE" in (row[column].strip() for column in columns) and NO_GOLD)
            or (answer is None and NO_LABEL)
        )
        if fault:
            skips.add(place, fault)
            continue
        yield from make(
            skips,
            place,
            tasks=(part.task,),
            labels=part.labels,
            source="semeval2018",
            item=item,
            media=(),
            answer=answer,
            text=quoted("Tweet", text),
            split=split,
        )


def _answer(row: dict[str, str], part: Part) -> Any:
    """A number, a class, or a set; None where the row has none."""
    if not part.column:
        given = {label: row[label].strip() for label in part.labels}
        return tuple(label for label in part.labels if given[label] == "1") if set(given.values()) <= {"0", "1"} else None
    if words(row["Affect Dimension"]) != part.dimension:
        return None
    if not part.labels:
        return number(row[part.column])
    value = row[part.column].partition(":")[0].strip()
    return next((label for label in part.labels if label.partition(":")[0] == value), None)


SOURCE = Source(
    name="semeval2018",
    title="SemEval-2018 Task 1: Affect in Tweets (English)",
    homepage="https://competitions.codalab.org/competitions/17751",
    licence="terms of its own: cite the paper, do not pass the data on",
    citation="Saif M. Mohammad, Felipe Bravo-Marquez, Mohammad Salameh, Svetlana Kiritchenko. SemEval-2018 Task 1: Affect in "
    "Tweets. SemEval 2018.",
    obtain="unpack the English data from the homepage, so that English/ lies in the root, or all files in the root itself",
    tasks=tuple(part.task for part in PARTS),
    labels={part.task: part.labels for part in PARTS if part.labels},
    expected={"train": 6_908, "val": 919},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "id\ttweet\t"),
)
