"""Sets of free words by the groups of emotion wheels: the metric of MER2025 and MER-UniBench, and the hit rate.

A wheel is a mapping from words to groups; a word that is not on it counts for nothing. An item without a group in its gold is
left out, by wheel. One whose answer has none has precision and recall 0. Over the items precision and recall are means, and F1
is of these two; over several wheels each is the mean, of those with an item.

Functions over items, weighted as those of `regression`; an answer that could not be read is a string.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .regression import Floats, ratio, weights_of

FIGURES = ("f1", "precision", "recall")
Wheel = Callable[[str], str | None]
Sets = Sequence[tuple[str, ...] | str] | NDArray[Any]


def wheel_figures(truth: Sets, guess: Sets, weights: ArrayLike | None = None, *, wheels: Sequence[Wheel]) -> Floats:
    """F1, precision and recall `(S, W, 3)` by each of W wheels; NaN where a wheel has no item."""
    weights = weights_of(truth, weights)
    found = []
    for wheel in wheels:
        sums = weights @ np.array([_compared(own, said, wheel) for own, said in zip(truth, guess)]).reshape(-1, 4)
        precision, recall = ratio(sums[:, 1], sums[:, 0]), ratio(sums[:, 2], sums[:, 0])
        f1 = np.where(precision + recall > 0, ratio(2 * precision * recall, precision + recall), 0 * precision)
        found.append(np.stack([f1, precision, recall], axis=1))
    return np.stack(found, axis=1)


def wheel_f1(truth: Sets, guess: Sets, weights: ArrayLike | None = None, *, wheels: Sequence[Wheel]) -> Floats:
    """The mean of F1 `(S,)` over the wheels that have an item."""
    return mean_of_wheels(wheel_figures(truth, guess, weights, wheels=wheels)[:, :, 0])


def hit_rate(truth: Sets, guess: Sets, weights: ArrayLike | None = None, *, wheels: Sequence[Wheel]) -> Floats:
    """How many groups answer and gold have in common, mean over items and then over wheels; meant for one gold word an item."""
    weights = weights_of(truth, weights)
    parts = [np.array([_compared(own, said, wheel) for own, said in zip(truth, guess)]).reshape(-1, 4) for wheel in wheels]
    return mean_of_wheels(np.stack([ratio(weights @ own[:, 3], weights @ own[:, 0]) for own in parts], axis=1))


def mean_of_wheels(figures: Floats) -> Floats:
    """The mean `(S, ...)` of figures `(S, W, ...)` by wheel, without the wheels that have no item; NaN where none has."""
    there = np.isfinite(figures)
    return ratio(np.where(there, figures, 0).sum(1), there.sum(1))


def counted(truth: Sets, wheel: Wheel) -> int:
    """How many items have a group of `wheel` in their gold."""
    return sum(bool(groups(own, wheel)) for own in truth)


def groups(words: tuple[str, ...] | str, wheel: Wheel) -> set[str]:
    """The groups of `words`."""
    return set() if isinstance(words, str) else {group for word in words if (group := wheel(word)) is not None}


def _compared(truth: tuple[str, ...] | str, guess: tuple[str, ...] | str, wheel: Wheel) -> tuple[float, float, float, float]:
    """Whether the item counts, its precision and its recall, and how many groups are right."""
    own, said = groups(truth, wheel), groups(guess, wheel)
    both = len(own & said)
    return (1.0, both / len(said) if said else 0.0, both / len(own), float(both)) if own else (0.0, 0.0, 0.0, 0.0)
