"""From an answer's words to the label it counts as. What one question counts as follows from that question alone."""

from __future__ import annotations

from functools import lru_cache

from ..schema.parsing import LabelSet, conclusion, is_letter, normal, shows_letters, yes_or_no
from ..schema.tasks import YES_NO
from ..schema.words import named, vocabulary
from .gold import Gold
from .wheel import load_wheel

UNPARSED, AMBIGUOUS, MISSING = "(unparsed)", "(ambiguous)", "(missing)"
NO_LABEL = (UNPARSED, AMBIGUOUS, MISSING)

_MANY = 1 << 16  # models say the same few things over and over
_closed_set = lru_cache(_MANY)(lambda options, letters: LabelSet(options, letters=letters))
_is_letter = lru_cache(_MANY)(is_letter)


def read(gold: Gold, question: str, answer: str | None) -> tuple[str, str]:
    """The pair (gold label, predicted label) that `answer` to the text `question` counts as; equal where it is right.

    A right answer counts as the gold label, also where it is another accepted one. In an open set the words that are known
    are those of the table of synonyms and the question's own accepted ones, whatever else is asked beside it.
    """
    if answer is None:
        return gold.answer, MISSING
    letters = gold.kind == "closed" and _is_letter(answer) and shows_letters(question, gold.options)
    return _read(gold, answer, letters)


@lru_cache(_MANY)
def _read(gold: Gold, answer: str, letters: bool) -> tuple[str, str]:
    if gold.kind == "open":
        return gold.answer, _open(gold, named(conclusion(answer), load_wheel().words, vocabulary(gold.accepted)))
    binary = gold.kind == "yes_no"
    labels = _closed_set(YES_NO if binary else gold.options, letters)
    found = yes_or_no(answer) if binary else labels.parse(answer)
    if not found:
        return gold.answer, UNPARSED
    if len(found) > 1:
        return gold.answer, AMBIGUOUS
    (key,) = found
    return gold.answer, gold.answer if key in gold.accepted else labels.spelled[key]


def _open(gold: Gold, found: frozenset[str]) -> str:
    """The label that the words `found` count for.

    They are right where they hold an accepted one, and else only words for the same emotion, by the table; words for several
    emotions are ambiguous. A wrong word counts as the table's emotion, or as itself where that is the gold's.
    """
    emotions = load_wheel().emotions
    meant = {emotions.get(word, word) for word in found}
    right = {emotions.get(word, word) for word in found & gold.accepted}
    if not found:
        return UNPARSED
    if right and all(word in gold.accepted or emotions.get(word, word) in right for word in found):
        return gold.answer
    if len(meant) > 1:
        return AMBIGUOUS
    (emotion,) = meant
    return min(found) if normal(emotion) == normal(gold.answer) else emotion
