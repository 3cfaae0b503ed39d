"""What a kind of task is: what an answer may be, how it is asked for, how it is read, and what it is measured by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ..io.errors import InputError
from .items import Gold, Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REASONS = 'Give your reasons in one or two sentences, then close with the line "Answer:" and '


CLOSING = 'Close with the line "Answer:" and '


class Key(NamedTuple):
    """What a gold line says is right, as `Gold` holds it."""

    answer: Any
    references: frozenset[Any]
    options: tuple[str, ...]


class Measured(NamedTuple):
    """The figures of a sub-task, its `sources` among them, and what each of its items is worth, `(n,)` from 0 to 1."""

    figures: dict[str, Any]
    credits: NDArray[np.float64] | NDArray[np.bool_]


class TaskType(ABC):
    """One kind of task. A type is one file in `schema.types`, or an object that an entry point names.

    `name` is its key. Types of one `family` are measured together and share a table in `score` and the report; `labels` is
    the family of the six sub-tasks. `columns` are that table's, figure -> head, of which `main` is the one that counts.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    main: ClassVar[str]
    columns: ClassVar[Mapping[str, str]]
    aggregates: ClassVar[Mapping[str, bool]]  # figures that lmms-eval prints -> whether more of it is better

    hint: str  # how to answer; `{options}` is the label set in its own order
    close: str  # how to answer in the guided form
    limit = 16  # the most tokens that an answer needs

    judged = False  # whether a language model may judge the answers as well
    multiple_choice = False  # whether evaluators that know lettered options can ask it so
    takes_options = False  # whether a record lists the label set of its source
    two_answers = False  # whether there are exactly two, of which every split must hold both

    @property
    def closing(self) -> str:
        """How to answer in steps, after the words that say what these are."""
        return self.close.replace(REASONS, CLOSING)

    # What a valid answer is.

    @abstractmethod
    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        """Say why a record may not have this answer, or None."""

    def written(self, answer: Any) -> str:
        """The words of an answer, as they are trained."""
        return answer

    def stratum(self, answer: Any) -> str:
        """The group of answers of which every split gets its share, balance is kept, and the data card counts."""
        return answer

    def stratum_order(self, counts: Mapping[str, int]) -> list[str]:
        """The strata as the data card shows them: the most frequent first."""
        return sorted(counts, key=lambda stratum: (-counts[stratum], stratum))

    # How it is asked.

    def choices(self, options: tuple[str, ...]) -> tuple[str, ...]:
        """What may be answered to a question, of a record with `options`; empty if anything."""
        return options

    # How the gold is read and checked.

    @abstractmethod
    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        """What a line of a gold file says is right, or what is wrong with that line.

        Args:
            answer, references, options: as they stand there, lists as tuples; `references` and `options` may be None.
        """

    def configured(self, options: Mapping[str, str]) -> TaskType:
        """This type with what stands behind its name in `NAME:key=value,...`; raises `InputError` where it takes none."""
        raise InputError(f"task type {self.name!r} takes no options, and not {', '.join(options)}; give its name alone")

    # How a model's answer is read.

    @abstractmethod
    def read(self, gold: Gold, question: str, answer: str) -> tuple[Any, Any]:
        """The pair (truth, guess) that `answer` to the text `question` counts as; strict, with no guess and no default.

        What is equal is right. An answer that cannot be read is `items.UNPARSED` or a word of the type's own in brackets.
        """

    def credit(self, truth: Any, guess: Any) -> float:
        """What an answer is worth, from 0 to 1, where two runs are compared."""
        return float(truth == guess)

    # What it is measured by.

    @abstractmethod
    def measure(self, items: Sequence[Item], units: NDArray[np.int64]) -> Measured:
        """The figures of a sub-task from its items and their units, `(n,)` whole numbers."""

    @abstractmethod
    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        """The figures that lmms-eval prints, `aggregates`, from the pairs (truth, guess) of all questions."""

    def cell(self, value: Any) -> str:
        """A figure as a table shows it."""
        if isinstance(value, list):
            return " to ".join(map(self.cell, value))
        return f"{value:.3f}" if isinstance(value, float) else str(value) if value is not None else "undefined"

    # What validation of anybody's training file needs.

    def checker(self, question: str) -> Callable[[str], str] | None:
        """A function that says what is wrong with an answer to `question`, or an empty text; None if it asks another type."""
        return None
