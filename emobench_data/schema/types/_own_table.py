"""What task types have in common whose figures stand in a table of their own: by source, and what could not be read apart."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import AMBIGUOUS, MISSING, UNPARSED, Item
from ..task_type import Measured, TaskType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTSIDE = "(outside)"  # a word that is not in the list, or a number that is not in the range
# `counted` of types whose answers stand in a list.
LISTED: Mapping[str, str] = {"unparsed": UNPARSED, "ambiguous": AMBIGUOUS, "outside": OUTSIDE, "missing": MISSING}


def defined(value: NDArray[np.float64]) -> float | None:
    """The one value of `(1,)`; None for NaN."""
    return float(value[0]) if value[0] == value[0] else None


class OwnTable(TaskType):
    """A type whose answers are never right or wrong alone, so that no accuracy of labels counts them.

    `counted` are the columns of answers that could not be read, figure -> what stands in their place.
    """

    counted: ClassVar[Mapping[str, str]] = {"unparsed": UNPARSED, "ambiguous": AMBIGUOUS, "missing": MISSING}

    def choices(self, options: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def credit(self, truth: Any, guess: Any) -> float:
        """0 where an answer could not be read, else `worth`."""
        return 0.0 if self.unread(guess) else self.worth(truth, guess)

    def worth(self, truth: Any, guess: Any) -> float:
        """What an answer that could be read is worth, from 0 to 1."""
        return float(truth == guess)

    def unread(self, guess: Any) -> bool:
        """Whether `guess` is only what stands in place of an answer."""
        return isinstance(guess, str) and guess in self.counted.values()

    @abstractmethod
    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """The figures of this type alone, of items and their units `(n,)`."""

    def measure(self, items: Sequence[Item], units: NDArray[np.int64]) -> Measured:
        import numpy as np

        found = self._all(items, units)
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            places.setdefault(item.gold.source, []).append(place)
        found["sources"] = {
            source: self._all([items[place] for place in own], units[own]) for source, own in sorted(places.items())
        }
        return Measured(found, np.array([item.credit for item in items]))

    def _all(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        import numpy as np

        guesses = [item.guess for item in items]
        return {
            "type": self.name,
            "n": len(items),
            "read": sum(not self.unread(guess) for guess in guesses),
            **self.figures(items, units),
            "units": len(np.unique(units)),
            **{name: guesses.count(mark) for name, mark in self.counted.items()},
        }
