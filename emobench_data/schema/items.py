"""What is scored: what is right, what was answered, and the pair of both that one question counts as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .task_type import TaskType

# What stands in place of an answer that cannot be read as one.
UNPARSED, AMBIGUOUS, MISSING = "(unparsed)", "(ambiguous)", "(missing)"


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """What is right for one question, in the form that its `type` reads answers in.

    For labels, `references` holds them in their normal form. Questions with the same answer share one object, which is counted
    by identity: hashing the fields would take longer than all the rest of scoring.
    """

    source: str
    task: str
    type: TaskType
    answer: Any
    references: frozenset[Any]
    options: tuple[str, ...]
    suffix: str  # of the ids of its questions, where they were written here


class Answer(NamedTuple):
    """What counts of what a model `said`: all of it but its thoughts, or the closing line of a guided answer.

    `probabilities` are those of the labels where the evaluator kept them (`metadata.probabilities`).
    """

    text: str
    probabilities: dict[str, float] | None
    said: str


class Item(NamedTuple):
    """One question scored: `truth` and `guess` are what it counts for, and equal where the answer is right.

    `guess` may be `UNPARSED`, `AMBIGUOUS` or `MISSING`. Questions of one `unit` hang together: intervals take them as one.
    """

    question: str
    gold: Gold
    answer: Answer | None
    truth: Any
    guess: Any
    unit: str

    @property
    def right(self) -> bool:
        return self.truth == self.guess

    @property
    def credit(self) -> float:
        """What the answer is worth, from 0 to 1."""
        return self.gold.type.credit(self.truth, self.guess)
