"""Metrics of sets of labels: functions over items, weighted as those of `regression`.

Each takes `truth` and `guess` `(n,)`, tuples of labels; what stands in place of an answer that could not be read is a string,
which is right in nothing: it adds no label, and its Jaccard index is 0 even where the true set is empty (our rule; the scorer
of SemEval-2018 takes it for the empty set).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .regression import Floats, mean_of_items, ratio, weights_of

Sets = Sequence[tuple[str, ...] | str] | NDArray[Any]


def jaccard_index(truth: tuple[str, ...] | str, guess: tuple[str, ...] | str) -> float:
    """What both sets hold as a part of what either does; 1 where both are empty."""
    if isinstance(guess, str):
        return 0.0
    either = {*truth} | {*guess}
    return len({*truth} & {*guess}) / len(either) if either else 1.0


def jaccard(truth: Sets, guess: Sets, weights: ArrayLike | None = None) -> Floats:
    """Mean Jaccard index of the items, which SemEval-2018 Task 1 calls the multi-label accuracy."""
    return mean_of_items(np.array([jaccard_index(own, said) for own, said in zip(truth, guess)]), weights_of(truth, weights))


def micro_f1(truth: Sets, guess: Sets, weights: ArrayLike | None = None) -> Floats:
    """F1 over all labels of all items; NaN without any label."""
    right, both = _counted(truth, guess, weights, _labels(truth, guess))
    return ratio(2 * right.sum(1), both.sum(1))


def macro_f1(truth: Sets, guess: Sets, weights: ArrayLike | None = None, *, labels: Sequence[str]) -> Floats:
    """Mean over `labels` of the F1 of each, 0 for one that is neither true nor said (`zero_division=0` of scikit-learn)."""
    right, both = _counted(truth, guess, weights, labels)
    return np.nan_to_num(ratio(2 * right, both)).mean(1)


def _labels(*sides: Sets) -> list[str]:
    return sorted({label for side in sides for own in side if not isinstance(own, str) for label in own})


def _counted(truth: Sets, guess: Sets, weights: ArrayLike | None, labels: Sequence[str]) -> tuple[Floats, Floats]:
    """Of each of L labels how often it is said where it is true, and how often said and true together: `(S, L)` each."""
    first, second = (
        np.array([[one in own and not isinstance(own, str) for one in labels] for own in side], float)
        for side in (truth, guess)
    )
    weights = weights_of(truth, weights)
    return weights @ (first * second), weights @ (first + second)
