"""Answer with a number in a range: an intensity, a valence, a rating."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...io.errors import InputError
from ..asking import lines_that_ask
from ..items import AMBIGUOUS, MISSING, UNPARSED, Gold, Item
from ..parsing import conclusion
from ..task_type import REASONS, Key
from ..words import fold
from ._own_table import OwnTable, defined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUT_OF_RANGE = "(out of range)"
_BINS = 10
# A number that stands alone: no part of a word, of `7,5`, of `1.2.3` or of a share in per cent, none of which is guessed at.
NUMBER = re.compile(r"(?<![\w.,])(?<![^\W\d][-\u2212])[-+\u2212]?(?:\d+(?:\.\d+)?|\.\d+)(?![\w%]|\s?%|[.,]\d)")
_OF = re.compile(r"\s*(?:/|out of|of)\s*", re.IGNORECASE)
_ASKED = re.compile(
    r"a number from (\S+) to (\S+?)(?:, (?:with (one|\d+) decimals?|(without decimals)))?(?=,| only|\.\s*$)", re.IGNORECASE
)


class Number(OwnTable):
    """An answer is a number from `low` to `high`, written with `decimals`.

    An answer must hold one number, or the same one several times; `7 of 10` and `7/10` are 7 where 10 is the end of the range.
    None, several, and one outside the range are counted apart: the figures are of the answers read, `read` says how many.
    """

    name = "number"
    family: ClassVar[str] = "number"
    main: ClassVar[str] = "pearson"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "pearson": "Pearson",
        "pearson_interval": "95 %-interval",
        "pearson_upper": "upper half",
        "spearman": "Spearman",
        "mae": "MAE",
        "rmse": "RMSE",
        "median_mae": "MAE of the median",
        "mean_rmse": "RMSE of the mean",
        "refused": "refused",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "out_of_range": "out of range",
        "missing": "missing",
    }
    counted: ClassVar[Mapping[str, str]] = {
        "unparsed": UNPARSED,
        "ambiguous": AMBIGUOUS,
        "out_of_range": OUT_OF_RANGE,
        "missing": MISSING,
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"pearson": True, "mae": False, "rmse": False}

    def __init__(self, low: float = 0, high: float = 10, decimals: int = 1) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 0 <= decimals <= 9):
            got = f"low={low:g}, high={high:g} and decimals={decimals}"
            raise InputError(f"task type 'number': got {got}; low must be below high, and decimals from 0 to 9")
        self.low, self.high, self.decimals = low, high, decimals
        told = {0: ", without decimals", 1: ", with one decimal"}.get(decimals, f", with {decimals} decimals")
        asked = f"a number from {low:g} to {high:g}{told}"
        self.hint, self.close = f"Answer with {asked} only.", f"{REASONS}{asked}."

    def configured(self, options: Mapping[str, str]) -> Number:
        try:
            known = {"low": float, "high": float, "decimals": int}
            read = {key: known[key](value) for key, value in options.items()}
        except (KeyError, ValueError) as error:
            given = ",".join(f"{key}={value}" for key, value in options.items())
            raise InputError(f"task type 'number:{given}': expected numbers as low=, high= and decimals=") from error
        return Number(**read)

    def _fault(self, answer: Any) -> str:
        if not isinstance(answer, (int, float)) or isinstance(answer, bool) or not math.isfinite(answer):
            return f"the answer {answer!r} is not a number"
        return "" if self.low <= answer <= self.high else f"the answer {answer:g} is not from {self.low:g} to {self.high:g}"

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if options or references != (answer,):
            return "a number has neither options nor other accepted answers"
        return self._fault(answer) or None

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        if fault := self.answer_fault(answer, references, options or ()):
            return fault
        return Key(float(answer), frozenset((float(answer),)), ())

    def written(self, answer: Any) -> str:
        return f"{round(answer, self.decimals) + 0.0:.{self.decimals}f}"  # no -0

    def stratum(self, answer: Any) -> str:
        width = (self.high - self.low) / _BINS
        place = min(int((answer - self.low) / width), _BINS - 1)
        return f"{self.low + place * width:g} to {self.low + (place + 1) * width:g}"

    def stratum_order(self, counts: Mapping[str, int]) -> list[str]:
        return sorted(counts, key=lambda stratum: float(stratum.split(" ")[0]))

    def read(self, gold: Gold, question: str, answer: str) -> tuple[float, float | str]:
        return gold.answer, self._said(answer)

    def _said(self, answer: str) -> float | str:
        """The one number that `answer` says, or a word for why there is none."""
        text = fold(conclusion(answer))
        found = list(NUMBER.finditer(text))
        values = [float(match[0].replace("\u2212", "-")) for match in found]
        if len(found) == 2 and values[1] == self.high and _OF.fullmatch(text[found[0].end() : found[1].start()]):
            values.pop()
        if len(set(values)) != 1:
            return AMBIGUOUS if values else UNPARSED
        return values[0] if self.low <= values[0] <= self.high else OUT_OF_RANGE

    def worth(self, truth: Any, guess: Any) -> float:
        """1 less the error as a part of the range."""
        return 1 - abs(guess - truth) / (self.high - self.low)

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """Of the answers that could be read; `pearson_filled` is of all, the middle of the range for those that could not.

        `pearson_upper` is of the gold in the upper half of the range; `refused` is the share without a number.
        """
        import numpy as np

        from ...metrics import regression
        from ...metrics.named import figures_of

        truths, middle = np.array([item.truth for item in items]), (self.low + self.high) / 2
        read = [place for place, item in enumerate(items) if not self.unread(item.guess)]
        pairs = [(items[place].truth, items[place].guess) for place in read]
        said, filled = [item.guess for item in items], [middle if self.unread(item.guess) else item.guess for item in items]
        return {
            **figures_of(self.family, pairs, units[read]),
            "pearson_upper": defined(regression.pearson_from(middle, *(tuple(zip(*pairs)) or ((), ())))),
            "pearson_filled": defined(regression.pearson(truths, filled)),
            "refused": said.count(UNPARSED) / len(items),
            "median_mae": float(np.abs(truths - np.median(truths)).mean()),
            "mean_rmse": float(truths.std()),
        }

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        from ...metrics import regression

        read = [pair for pair in pairs if not self.unread(pair[1])]
        sides = tuple(zip(*read)) or ((), ())
        return {name: float(getattr(regression, name)(*sides)[0]) for name in self.aggregates}

    def checker(self, question: str) -> Callable[[str], str] | None:
        kind = _asked(question)
        if kind is None:
            return None
        return lambda answer: (
            "" if not isinstance(kind._said(answer), str) else "is none of the numbers that its question allows"
        )


def asked_number(question: str, *, alone: bool) -> Number | None:
    """The type with the range that a question asks for, one decimal where it does not say; None for another.

    Args:
        alone: whether it is about a text, with no medium.
    """
    return next(filter(None, map(_asked, lines_that_ask(question, alone=alone))), None)


def _asked(question: str) -> Number | None:
    asked = _ASKED.findall(question)
    if not asked:
        return None
    low, high, decimals, none = asked[-1]
    try:
        return Number(float(low), float(high), 0 if none else int(decimals) if decimals.isdecimal() else 1)
    except ValueError:
        return None


TYPE = Number()
