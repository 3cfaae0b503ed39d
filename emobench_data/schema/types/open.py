"""Name it in one's own words: any word of the table of synonyms, or one that the question itself accepts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..items import AMBIGUOUS, UNPARSED, Gold, Item
from ..parsing import conclusion, normal
from ..task_type import REASONS, Key
from ..wheel import load_wheel, open_set
from ..words import named, vocabulary
from ._labels import LabelType, gold_fault


class Open(LabelType):
    """An answer is a word or two, with no options shown.

    The words that are known are those of the table of synonyms and the question's own accepted ones, whatever else is asked
    beside it.
    """

    name = "open"
    hint = "Answer with one or two words."
    close = f"{REASONS}one or two words."
    judged = True

    def choices(self, options: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        if fault := gold_fault(answer, references, options):
            return fault
        return Key(answer, frozenset(map(normal, references)), ())

    def read(self, gold: Gold, question: str, answer: str) -> tuple[str, str]:
        return _read(gold, answer)

    def drawn_from(self, gold: Gold, answers: Sequence[str]) -> Sequence[str]:
        return answers

    def extra(self, items: Sequence[Item]) -> dict[str, Any]:
        return {"open_set": open_set((item.gold, item.answer and item.answer.text) for item in items)}


@lru_cache(1 << 16)
def _read(gold: Gold, answer: str) -> tuple[str, str]:
    return gold.answer, _label(gold, named(conclusion(answer), load_wheel().words, vocabulary(gold.references)))


def _label(gold: Gold, found: frozenset[str]) -> str:
    """The label that the words `found` count for.

    They are right where they hold an accepted one, and else only words for the same emotion, by the table; words for several
    emotions are ambiguous. A wrong word counts as the table's emotion, or as itself where that is the gold's.
    """
    emotions = load_wheel().emotions
    meant = {emotions.get(word, word) for word in found}
    right = {emotions.get(word, word) for word in found & gold.references}
    if not found:
        return UNPARSED
    if right and all(word in gold.references or emotions.get(word, word) in right for word in found):
        return gold.answer
    if len(meant) > 1:
        return AMBIGUOUS
    (emotion,) = meant
    return min(found) if normal(emotion) == normal(gold.answer) else emotion


TYPE = Open()
