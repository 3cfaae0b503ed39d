"""From an answer's words to what it counts as. What one question counts as follows from that question alone."""

from __future__ import annotations

from typing import Any

from ..schema.items import AMBIGUOUS, MISSING, UNPARSED, Gold

NO_LABEL = (UNPARSED, AMBIGUOUS, MISSING)


def read(gold: Gold, question: str, answer: str | None) -> tuple[Any, Any]:
    """The pair (truth, guess) that `answer` to the text `question` counts as; equal where it is right.

    A right answer counts as the gold one, also where it is another accepted one. How an answer is read is its task type's.
    """
    return (gold.answer, MISSING) if answer is None else gold.type.read(gold, question, answer)
