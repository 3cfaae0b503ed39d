"""Stanford Sentiment Treebank: sentences of film reviews with the mean sentiment that people saw, and its five classes."""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_LABEL, by_id, make, number, prose, whole, words
from ._files import open_text, read_table

CLASSES = ("very negative", "negative", "neutral", "positive", "very positive")
_BARS = (0.2, 0.4, 0.6, 0.8)  # the authors' cut-offs; a bar belongs to the class below it
UNKNOWN = "its sentence is not in the dictionary of phrases"
_SPLITS = {"1": "train", "2": "test", "3": "val"}
_FOLDERS = ("", "stanfordSentimentTreebank/")
_SENTENCES, _SPLIT, _PHRASES, _LABELS = "datasetSentences.txt", "datasetSplit.txt", "dictionary.txt", "sentiment_labels.txt"
_MARKERS = tuple(f"{folder}{_SENTENCES}" for folder in _FOLDERS)


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """A sentence's rating is that of the phrase with its words, which the files hold apart from it.

    Sentences write brackets as the treebank does and have their accents decoded wrongly; both are mended to find the phrase.
    """
    folder = next((root / name for name in _FOLDERS if (root / name / _SENTENCES).exists()), root)
    ratings = _ratings(folder)
    split = {row["sentence_index"]: row["splitset_label"] for _, row in _table(folder / _SPLIT, ",", skips)}
    for place, row in _table(folder / _SENTENCES, "\t", skips):
        index, sentence = row["sentence_index"], mended(row["sentence"])
        rating = ratings.get(sentence)
        part = by_id(split.get(index, ""), _SPLITS, f"{_SPLIT}, sentence {index[:12]}")
        if rating is None or not part:
            skips.add(place, UNKNOWN if rating is None else "it is in no split")
            continue
        for task, answer in (("sst", rating), ("sst5", CLASSES[bisect_left(_BARS, rating)])):
            yield from make(
                skips,
                place,
                tasks=(task,),
                labels=CLASSES,
                source="sst",
                item=index,
                media=(),
                answer=answer,
                text=quoted("Sentence", prose(sentence)),
                split=part,
            )


def mended(sentence: str) -> str:
    """A sentence as the dictionary of phrases spells it."""
    for written, meant in (("-LRB-", "("), ("-RRB-", ")")):
        sentence = sentence.replace(written, meant)
    try:
        return words(sentence.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return words(sentence)


def _table(path: Path, delimiter: str, skips: Skips) -> Iterator[tuple[str, dict[str, str]]]:
    columns = {_SENTENCES: ("sentence_index", "sentence"), _SPLIT: ("sentence_index", "splitset_label")}[path.name]
    return read_table(path, columns, skips, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _ratings(folder: Path) -> dict[str, float]:
    """Phrase -> rating from 0 to 1."""
    rated: dict[str, float] = {}
    with open_text(folder / _LABELS) as lines:
        for line in lines:
            key, _, value = line.strip().partition("|")
            rating = number(value)
            if whole(key) and rating is not None and 0 <= rating <= 1:
                rated[key] = rating
    if not rated:
        raise InputError(f"{folder / _LABELS}: {NO_LABEL}; get the file of the data set's own archive")
    found: dict[str, float] = {}
    with open_text(folder / _PHRASES) as lines:
        for line in lines:
            phrase, _, key = line.rstrip("\n").rpartition("|")  # a phrase may hold the sign
            if key.strip() in rated:
                found[words(phrase)] = rated[key.strip()]
    return found


SOURCE = Source(
    name="sst",
    title="Stanford Sentiment Treebank",
    homepage="https://nlp.stanford.edu/sentiment/",
    licence="none stated",
    citation="Richard Socher, Alex Perelygin, Jean Wu, Jason Chuang, Christopher D. Manning, Andrew Ng, Christopher Potts. "
    "Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank. EMNLP 2013.",
    obtain="unpack stanfordSentimentTreebank.zip of the homepage, so that stanfordSentimentTreebank/ lies in the root",
    tasks=("sst", "sst5"),
    labels={"sst5": CLASSES},
    expected={"train": 8_544, "val": 1_101, "test": 2_210},
    markers=_MARKERS,
    read=read,
    rule="Classes by the authors' cut-offs of the rating: 0.2, 0.4, 0.6 and 0.8, each of which belongs to the class below it.",
)
