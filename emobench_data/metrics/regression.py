"""Metrics of numbers: functions over items, weighted, so that one bootstrap serves them all.

Each takes `truth` and `guess` `(n,)`, and `weights` `(S, n)`, how often each item stands in each of S samples (once each in one
sample if left out), and gives `(S,)`; NaN where it is undefined, as a correlation is of numbers that are all alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def mae(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Mean absolute error."""
    errors, weights = np.abs(_error(truth, guess)), _weights(truth, weights)
    return _mean(errors, weights)


def rmse(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Root of the mean squared error."""
    errors, weights = _error(truth, guess), _weights(truth, weights)
    return np.sqrt(_mean(errors**2, weights))


def pearson(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Correlation of the numbers."""
    weights = _weights(truth, weights)
    first, second = (np.broadcast_to(np.asarray(own, float), weights.shape) for own in (truth, guess))
    return _correlation(first, second, weights)


def spearman(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Correlation of the ranks, of equal numbers the mean rank, as they are in each sample."""
    weights = _weights(truth, weights)
    first, second = (_ranks(np.asarray(own, float), weights) for own in (truth, guess))
    return _correlation(first, second, weights)


def _error(truth: ArrayLike, guess: ArrayLike) -> Floats:
    return np.asarray(guess, float) - np.asarray(truth, float)


def _weights(truth: ArrayLike, weights: ArrayLike | None) -> Floats:
    return np.ones((1, len(np.asarray(truth)))) if weights is None else np.asarray(weights, float)


def _mean(values: Floats, weights: Floats) -> Floats:
    return _ratio(weights @ values, weights.sum(1))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Of `(S, n)` each. What rounding leaves of a spread of 0 is no spread."""
    total = weights.sum(1, keepdims=True)
    first, second = (own - _ratio((weights * own).sum(1, keepdims=True), total) for own in (first, second))
    own, other = (weights * first**2).sum(1), (weights * second**2).sum(1)
    largest = [np.nanmax(np.abs(values), axis=1, initial=0) for values in (first, second)]
    spread = np.sqrt(own * other) * (np.minimum(*largest) > 1e-12)
    return np.clip(_ratio((weights * first * second).sum(1), spread), -1, 1)


def _ranks(values: Floats, weights: Floats) -> Floats:
    """`(S, n)`: of items that stand `weights` times each, the mean of the ranks that theirs and equal numbers have."""
    _, place = np.unique(values, return_inverse=True)
    if not len(place):
        return np.zeros_like(weights)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    held = np.add.reduceat(weights[:, order], starts, axis=1)
    return (np.cumsum(held, axis=1) - held + (held + 1) / 2)[:, place]
