"""Open answers by a table of synonyms over an emotion wheel, at three levels, beside the figure that counts.

The wheel is Plutchik's idea (Emotion: A Psychoevolutionary Synthesis, 1980); the table `wheel.json` is our own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from .items import Gold
from .parsing import conclusion
from .words import Vocabulary, named, normal, vocabulary

LEVELS = ("word", "synonym", "family")


class Wheel(NamedTuple):
    """The table: word -> emotion, and word -> family, words in their normal form; and all its words."""

    version: str
    emotions: dict[str, str]
    families: dict[str, str]
    words: Vocabulary


@cache
def load_wheel() -> Wheel:
    table = json.loads(files(__package__).joinpath("wheel.json").read_text("utf-8"))
    emotions, families = {}, {}
    for family, group in table["families"].items():
        for emotion, words in group.items():
            for word in words:
                emotions[normal(word)] = emotion
                families[normal(word)] = family
    return Wheel(table["version"], emotions, families, Vocabulary(emotions))


def open_set(answered: Iterable[tuple[Gold, str | None]]) -> dict[str, Any]:
    """The words that each answer names against those its gold accepts, as sets, at each level.

    A level maps both sets first: `word` leaves words as they are (where the gold accepts synonyms, one right word has a
    low recall by construction), `synonym` takes the emotion, `family` the wheel's family; a word that is not in the
    table stands for itself.

    Returns:
        `levels`: level -> `accuracy` (the answer names something, and nothing that is not accepted), `precision`,
        `recall`, `f1`, each a mean over all questions, 0 where the answer names nothing. `out_of_vocabulary`: share of
        the answers given that name no word of the table and none that is accepted. `counted`: what the sub-task's own accuracy
        goes by.
    """
    rows = Counter(answered)
    wheel = load_wheel()
    total, given, unknown = rows.total(), 0, 0
    sums: dict[str, dict[str, float]] = {level: defaultdict(float) for level in LEVELS}
    tables = {"word": {}, "synonym": wheel.emotions, "family": wheel.families}
    for (gold, text), n in rows.items():
        words = frozenset() if text is None else named(conclusion(text), wheel.words, vocabulary(gold.references))
        given += n * (text is not None)
        unknown += n * (text is not None and not words)
        for level, table in tables.items():
            for name, value in _compare(_mapped(words, table), _mapped(gold.references, table)).items():
                sums[level][name] += n * value
    return {
        "counted": "references",
        "wheel_version": wheel.version,
        "levels": {level: {name: value / total for name, value in sums[level].items()} for level in LEVELS},
        "out_of_vocabulary": unknown / given if given else 0.0,
    }


def _mapped(words: frozenset[str], table: dict[str, str]) -> set[str]:
    return {table.get(word, word) for word in words}


def _compare(named: set[str], references: set[str]) -> dict[str, float]:
    both = len(named & references)
    precision, recall = both / len(named) if named else 0.0, both / len(references)
    return {
        "accuracy": float(bool(named) and named <= references),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if both else 0.0,
    }
