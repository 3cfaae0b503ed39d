"""What task types have in common whose answers are labels: the accuracy, and how their gold and readings are put."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import AMBIGUOUS, UNPARSED, Gold, Item
from ..parsing import normal
from ..task_type import Measured, TaskType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FAMILY = "labels"
NO_GOLD = "not a gold answer; it needs a string under 'answer', and lists of strings under 'references' and 'options'"


class LabelType(TaskType):
    """A task whose answers are labels, of which one counts as said."""

    family: ClassVar[str] = FAMILY
    main: ClassVar[str] = "accuracy"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "accuracy": "accuracy",
        "majority": "majority",
        "interval": "95 %-interval",
        "random": "random",
        "macro_f1": "macro-F1",
        "uar": "UAR",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"accuracy": True, "macro_f1": True}

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if not isinstance(answer, str) or not answer.strip():
            return "the answer is empty"
        if answer not in references:
            return f"the answer {answer!r} is not among the accepted labels"
        fault = self.label_fault(answer, references, options)
        if fault is None and options and not self.takes_options:
            return "only closed-set sub-tasks have options"
        return fault

    def label_fault(self, answer: str, references: tuple[str, ...], options: tuple[str, ...]) -> str | None:
        """As `answer_fault`, of an answer that is a word and among the accepted."""
        return None

    def drawn_from(self, gold: Gold, answers: Sequence[str]) -> Sequence[str]:
        """What the random baseline draws from: labels in their normal form, or the different `answers` of all the gold."""
        return list(map(normal, gold.options))

    def extra_figures(self, pairs: Mapping[tuple[str, str], int]) -> dict[str, float]:
        """Figures of this type alone, from how often each pair (truth, guess) occurs."""
        return {}

    def extra(self, items: Sequence[Item]) -> dict[str, Any]:
        """What stands beside the figures of a sub-task that is of this type alone."""
        return {}

    def measure(self, items: Sequence[Item], units: NDArray[np.int64]) -> Measured:
        from ._figures import measure  # SciPy, which only scoring loads

        return measure(items, units)

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        from ...metrics import Confusion

        found = Confusion(*zip(*pairs)).metrics()
        return {"accuracy": found["accuracy"], "macro_f1": found["macro_f1"]}

    def cell(self, value: Any) -> str:
        """A share in per cent, an interval as its two ends, a count as it is, nothing as nothing."""
        if value is None:
            return ""
        if isinstance(value, list):
            return "-".join(map(self.cell, value))
        return f"{100 * value:.1f}" if isinstance(value, float) else str(value)


def gold_fault(answer: Any, references: Any, options: Any) -> str:
    """What is wrong with a gold line that needs a word among the accepted, and lists of words."""
    lists = all(isinstance(own, tuple) and {*map(type, own)} <= {str} for own in (references, options))
    if not isinstance(answer, str) or not lists:
        return NO_GOLD
    return "" if answer in references else f"the answer {answer!r} is not among the accepted {[*references]!r}"


def among(labels: Mapping[str, str], options: Sequence[str], references: Iterable[str], keys: frozenset[str]) -> str:
    """What is wrong with labels, by their normal form, that should be the different `options` and hold the accepted ones."""
    if len(labels) < len(options):
        return f"two of the options {[*options]!r} are the same word"
    if not keys <= labels.keys():
        named = [*references]
        return f"{'the answer ' + repr(named[0]) if len(named) == 1 else 'an accepted answer'} is not among the options"
    return ""


def one_label(gold: Gold, found: frozenset[str], spelled: Mapping[str, str]) -> tuple[str, str]:
    """The pair that the labels `found` in an answer count as; a right answer counts as the gold label."""
    if not found:
        return gold.answer, UNPARSED
    if len(found) > 1:
        return gold.answer, AMBIGUOUS
    (key,) = found
    return gold.answer, gold.answer if key in gold.references else spelled[key]
