"""Choose one of several ordered classes, by name or by number: an intensity class, stars, a sentiment in five steps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ..items import AMBIGUOUS, UNPARSED, Gold, Item
from ..parsing import conclusion, normal
from ..task_type import REASONS, Key
from ..words import Vocabulary, fold, named
from ._own_table import LISTED, OUTSIDE, OwnTable, defined
from .number import NUMBER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMBERED = re.compile(r"\s*([-+\u2212]?\d+)\s*(?:[:.)=]\s*(.*?))?\s*")
_ASKED = re.compile(r"the classes, from lowest to highest: (.+?)\. (?:Answer|Give)", re.IGNORECASE)


class Classes(NamedTuple):
    """Ordered classes: of each its `value`, and what names it: a number where `numbered`, words by their normal form."""

    values: tuple[int, ...]
    numbered: bool
    words: Mapping[str, int]
    known: Vocabulary


class Ordinal(OwnTable):
    """An answer is one of the record's options, which are in order from lowest to highest.

    Options are words (`negative`, `neutral`, `positive`), whose values are their places from 0, or numbers, with words behind
    them or without (`-1: slightly negative`), whose values these are. An answer names a class by its number, by its words or by
    both. Several classes, or a number and words that contradict each other, are ambiguous; a number of no class is outside.
    """

    name = "ordinal"
    family: ClassVar[str] = "ordinal"
    main: ClassVar[str] = "pearson"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "pearson": "Pearson",
        "pearson_interval": "95 %-interval",
        "kappa": "quadratic kappa",
        "pearson_some": "Pearson, not 0",
        "kappa_some": "kappa, not 0",
        "mae": "MAE",
        "accuracy": "accuracy",
        "majority": "majority",
        "macro_f1": "macro-F1",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "outside": "outside",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"pearson": True, "kappa": True}
    counted = LISTED
    multiple_choice = takes_options = True

    hint = "The classes, from lowest to highest: {options}. Answer with one of them only."
    close = f"The classes, from lowest to highest: {{options}}. {REASONS}one of them."

    def choices(self, options: tuple[str, ...]) -> tuple[str, ...]:
        return options

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if len(options) < 2:
            return "an ordinal answer needs options, from lowest to highest"
        if references != (answer,):
            return "one class is right, so that there are no other accepted answers"
        try:
            values = classes(options).values
        except ValueError as error:
            return str(error)
        if not isinstance(answer, str) or answer not in options:
            return f"the answer {answer!r} is not among the options"
        return None if list(values) == sorted(set(values)) else "its options are not in order, from lowest to highest"

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        """The answer of the `Gold` is the class's value."""
        if not isinstance(options, tuple) or not {*map(type, options)} <= {str}:
            return "an ordinal answer needs options, from lowest to highest"
        if fault := self.answer_fault(answer, references, options):
            return fault
        value = classes(options).values[options.index(answer)]
        return Key(value, frozenset((value,)), options)

    def written(self, answer: Any) -> str:
        """An option, or a class's value as the `Gold` has it."""
        return str(answer)

    def stratum_order(self, counts: Mapping[str, int]) -> list[str]:
        """By number where they have one, from lowest to highest."""
        if all(_NUMBERED.fullmatch(stratum) for stratum in counts):
            return sorted(counts, key=lambda stratum: classes((stratum,)).values)
        return super().stratum_order(counts)

    def read(self, gold: Gold, question: str, answer: str) -> tuple[int, int | str]:
        return gold.answer, _said(gold.options, answer)

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """Accuracy and macro-F1 are of all answers, the others of those that could be read.

        `_some` are of the items whose class is not 0, where numbered classes have one: those with "some emotion".
        """
        from ...metrics import Confusion
        from ...metrics.named import figures_of, with_intervals
        from ...metrics.ordinal import quadratic_kappa
        from ...metrics.regression import mae, pearson

        read = [place for place, item in enumerate(items) if not self.unread(item.guess)]
        pairs = [(items[place].truth, items[place].guess) for place in read]
        found = with_intervals({"pearson": pearson, "kappa": quadratic_kappa, "mae": mae}, pairs, units[read])
        zero = all((own := classes(item.gold.options)).numbered and 0 in own.values for item in items)
        some = tuple(zip(*(pair for pair in pairs if pair[0]))) or ((), ())
        for name, function in (("pearson_some", pearson), ("kappa_some", quadratic_kappa)):
            found[name] = defined(function(*some)) if zero else None
        labels = Confusion([item.truth for item in items], [item.guess for item in items]).metrics()
        majority = max(Counter(item.truth for item in items).values()) / len(items)
        found |= figures_of(self.family, pairs, units[read])  # those that other packages add
        return {**found, "accuracy": labels["accuracy"], "majority": majority, "macro_f1": labels["macro_f1"]}

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        from ...metrics.ordinal import quadratic_kappa
        from ...metrics.regression import pearson

        sides = tuple(zip(*(pair for pair in pairs if not self.unread(pair[1])))) or ((), ())
        return {"pearson": float(pearson(*sides)[0]), "kappa": float(quadratic_kappa(*sides)[0])}

    def checker(self, question: str) -> Callable[[str], str] | None:
        listed = _ASKED.findall(question)
        if not listed:
            return None
        options = tuple(listed[-1].split(", "))
        return lambda answer: "" if normal(conclusion(answer)) in map(normal, options) else "is none of the classes"


def asked_classes(question: str, options: tuple[str, ...]) -> Classes | None:
    """The classes that a question with `options` asks to choose from, by its text; None where it is one of another type."""
    try:
        return classes(options) if options and _ASKED.search(question) else None
    except ValueError:
        return None


@lru_cache(maxsize=256)
def classes(options: tuple[str, ...]) -> Classes:
    """Raises `ValueError` where two options are the same, or some have a number and others none."""
    parts = [_NUMBERED.fullmatch(fold(option)) for option in options]
    numbered = all(parts)
    if any(parts) and not numbered:
        raise ValueError("some of its options have a number and others none")
    if numbered:
        values = tuple(int(part[1].replace("\u2212", "-")) for part in parts if part)
        named_by = [(normal(part[2] or ""), value) for part, value in zip(parts, values) if part]
    else:
        values = tuple(range(len(options)))
        named_by = list(zip(map(normal, options), values))
    words = {word: value for word, value in named_by if word}
    if len(words) < sum(bool(word) for word, _ in named_by) or len(set(values)) < len(values):
        raise ValueError("two of its options are the same")
    return Classes(values, numbered, words, Vocabulary(words))


@lru_cache(1 << 16)
def _said(options: tuple[str, ...], answer: str) -> int | str:
    """The value of the one class that `answer` names, or why there is none."""
    found, text = classes(options), fold(conclusion(answer))
    values = {found.words[word] for word in named(text, found.known)}
    if found.numbered:
        numbers = {float(match[0].replace("\u2212", "-")) for match in NUMBER.finditer(text)}
        if numbers - {*map(float, found.values)}:
            return OUTSIDE
        values |= {int(number) for number in numbers}
    if len(values) != 1:
        return AMBIGUOUS if values else UNPARSED
    return values.pop()


TYPE = Ordinal()
