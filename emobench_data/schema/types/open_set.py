"""Name all the emotions that are there, each in one's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import MISSING, UNPARSED, Gold, Item
from ..parsing import conclusion, normal
from ..task_type import REASONS, Key
from ..wheel import load_wheel
from ._own_table import OwnTable, defined
from ._word_lists import parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST = 4  # words of a part: what is longer is a sentence, and no name of an emotion (our rule)


class OpenSet(OwnTable):
    """An answer is a tuple of free words or short phrases, at least one.

    A model's answer must be a list with commas or `and` between; one with a part of more than `LONGEST` words is unparsed.
    """

    name = "open_set"
    family: ClassVar[str] = "open_set"
    main: ClassVar[str] = "f1"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "f1": "F1 of families",
        "f1_interval": "95 %-interval",
        "precision": "precision",
        "recall": "recall",
        "emotion_f1": "F1 of emotions",
        "hit_rate": "hit rate",
        "word_f1": "F1 of words",
        "out_of_vocabulary": "not on the wheel",
        "unparsed": "unparsed",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"f1": True, "word_f1": True}
    counted: ClassVar[Mapping[str, str]] = {"unparsed": UNPARSED, "missing": MISSING}
    limit = 64

    hint = "Answer with all the words that fit, with commas between."
    close = f"{REASONS}all the words that fit, with commas between."

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if options or references != (answer,):
            return "free words have neither options nor other accepted answers"
        if not isinstance(answer, tuple) or not answer or not all(isinstance(word, str) and normal(word) for word in answer):
            return f"the answer {answer!r} is no list of words"
        read = _words(self.written(answer))
        if isinstance(read, str) or len(read) != len(answer):
            return f"the words {[*answer]!r} must differ, hold no comma, and be at most {LONGEST} words each"
        return None

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        """The answer of the `Gold` is in normal form."""
        if fault := self.answer_fault(answer, references, options or ()):
            return fault
        words = _words(self.written(answer))
        return Key(words, frozenset((words,)), ())

    def written(self, answer: Any) -> str:
        return ", ".join(answer)

    def stratum(self, answer: Any) -> str:
        """Of several words the first."""
        return answer[0]

    def read(self, gold: Gold, question: str, answer: str) -> tuple[tuple[str, ...], tuple[str, ...] | str]:
        return gold.answer, _words(conclusion(answer))

    def worth(self, truth: Any, guess: Any) -> float:
        """F1 of the two sets of words."""
        return 2 * len({*truth} & {*guess}) / (len(truth) + len(guess))

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """By the families and the emotions of our own wheel, see `metrics.wheels`; and of the words as they are.

        `out_of_vocabulary` is the share of the words said that are not on it.
        """
        from ...metrics.named import figures_of, with_intervals
        from ...metrics.wheels import FIGURES, hit_rate, wheel_f1, wheel_figures

        pairs = [(item.truth, item.guess) for item in items]
        by_family, by_emotion = ([table.get] for table in _tables())
        families, emotions = (partial(wheel_figures, wheels=wheels) for wheels in (by_family, by_emotion))

        truth, guess = zip(*pairs)
        said = [word for words in guess if not self.unread(words) for word in words]
        found = with_intervals({"f1": partial(wheel_f1, wheels=by_family)}, pairs, units)
        found |= {name: defined(families(truth, guess)[:, 0, place]) for place, name in enumerate(FIGURES) if place}
        found |= {f"emotion_{name}": defined(emotions(truth, guess)[:, 0, place]) for place, name in enumerate(FIGURES)}
        alone = all(len(words) == 1 for words in truth)
        return {
            **found,
            "hit_rate": defined(hit_rate(truth, guess, wheels=[_tables()[0].get])) if alone else None,
            "word_f1": sum(item.credit for item in items) / len(items),
            "out_of_vocabulary": sum(word not in _tables()[0] for word in said) / len(said) if said else None,
            "wheel_version": load_wheel().version,
            **figures_of(self.family, pairs, units),  # those that other packages add
        }

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        from ...metrics.wheels import wheel_figures

        f1 = wheel_figures(*zip(*pairs), wheels=[_tables()[0].get])[0, 0, 0]
        return {"f1": float(f1), "word_f1": sum(self.credit(*pair) for pair in pairs) / len(pairs)}


def _tables() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Word -> family, and word -> emotion, of our own wheel."""
    wheel = load_wheel()
    return wheel.families, wheel.emotions


@lru_cache(1 << 16)
def _words(text: str) -> tuple[str, ...] | str:
    """The different words of a list, in normal form and in their order, or `UNPARSED`."""
    found = tuple(dict.fromkeys(word for part in parts(text) if (word := normal(part))))
    return found if found and all(word.count(" ") < LONGEST for word in found) else UNPARSED


TYPE = OpenSet()
