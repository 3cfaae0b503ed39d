"""Metrics of numbers: functions over items, weighted, so that one bootstrap serves them all.

Each takes `truth` and `guess` `(n,)`, and `weights` `(S, n)`, how often each item stands in each of S samples (once each in one
sample if left out), and gives `(S,)`; NaN where it is undefined, as a correlation is of numbers that are all alike.
"""

from __future__ import annotations

from collections.abc import Sized

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def mae(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Mean absolute error."""
    errors, weights = np.abs(_error(truth, guess)), weights_of(np.asarray(truth), weights)
    return mean_of_items(errors, weights)


def rmse(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Root of the mean squared error."""
    errors, weights = _error(truth, guess), weights_of(np.asarray(truth), weights)
    return np.sqrt(mean_of_items(errors**2, weights))


def pearson(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Correlation of the numbers."""
    weights = weights_of(np.asarray(truth), weights)
    first, second = (np.broadcast_to(np.asarray(own, float), weights.shape) for own in (truth, guess))
    return _correlation(first, second, weights)


def pearson_from(least: float, truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Correlation over the items whose true number is `least` or more, as SemEval-2018 has it for 0.5."""
    return pearson(truth, guess, weights_of(np.asarray(truth), weights) * (np.asarray(truth, float) >= least))


def spearman(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Correlation of the ranks, of equal numbers the mean rank, as they are in each sample."""
    weights = weights_of(np.asarray(truth), weights)
    first, second = (_ranks(np.asarray(own, float), weights) for own in (truth, guess))
    return _correlation(first, second, weights)


def _error(truth: ArrayLike, guess: ArrayLike) -> Floats:
    return np.asarray(guess, float) - np.asarray(truth, float)


def weights_of(truth: Sized, weights: ArrayLike | None) -> Floats:
    """`(S, n)`: what is given, or one sample of each item once."""
    return np.ones((1, len(truth))) if weights is None else np.asarray(weights, float)


def mean_of_items(values: Floats, weights: Floats) -> Floats:
    """`(S,)`, NaN of a sample without items."""
    return ratio(weights @ values, weights.sum(1))


def ratio(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing below."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Of `(S, n)` each. What rounding leaves of a spread of 0 is no spread."""
    total = weights.sum(1, keepdims=True)
    first, second = (own - ratio((weights * own).sum(1, keepdims=True), total) for own in (first, second))
    own, other = (weights * first**2).sum(1), (weights * second**2).sum(1)
    largest = [np.nanmax(np.abs(values) * (weights > 0), axis=1, initial=0) for values in (first, second)]
    spread = np.sqrt(own * other) * (np.minimum(*largest) > 1e-12)
    return np.clip(ratio((weights * first * second).sum(1), spread), -1, 1)


def _ranks(values: Floats, weights: Floats) -> Floats:
    """`(S, n)`: of items that stand `weights` times each, the mean of the ranks that theirs and equal numbers have."""
    _, place = np.unique(values, return_inverse=True)
    if not len(place):
        return np.zeros_like(weights)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    held = np.add.reduceat(weights[:, order], starts, axis=1)
    return (np.cumsum(held, axis=1) - held + (held + 1) / 2)[:, place]
