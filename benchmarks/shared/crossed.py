"""A mean over items and seeds, with an interval for both: other items and other seeds might have been drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95


class Mean(NamedTuple):
    """A mean of `n` values with its interval; `seeds` and `groups` say over how many it reaches."""

    value: float
    low: float
    high: float
    n: int
    seeds: int
    groups: int


def crossed_mean(values: Sequence[float], seeds: Sequence[int], groups: Sequence[str]) -> Mean:
    """The mean of `values`, each of which belongs to a seed and to a group of items that hang together.

    The variance is that of two-way clusters (Cameron, Gelbach and Miller, 2011): between seeds, and between groups less what
    both hold, each with the usual correction for few clusters. Each part is widened by Student's t of its own number, so that
    few seeds count for as much as they may hide, and the interval is never narrower than that of the groups (our reading). With
    one seed it is that.
    """
    array = np.asarray(values, float)
    value = float(array.mean())
    both = [f"{seed}\0{group}" for seed, group in zip(seeds, groups)]
    parts = [_between(array - value, names) for names in (list(map(str, seeds)), list(groups), both)]
    (by_seed, count), (by_group, many), (within, _) = parts
    squares = max(_t(count) * by_seed + _t(many) * max(by_group - within, 0.0), _t(many) * by_group)
    return Mean(value, value - squares**0.5, value + squares**0.5, len(array), count, many)


def _t(count: int) -> float:
    """Student's t of `count` clusters, squared."""
    return float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) ** 2 if count > 1 else 0.0


def _between(rest: np.ndarray, names: Sequence[str]) -> tuple[float, int]:
    """The variance of the mean by clusters, 0 of a single one, and how many there are."""
    places = np.unique(names, return_inverse=True)[1]
    sums = np.bincount(places, rest)
    count = len(sums)
    return (float((sums**2).sum()) / len(rest) ** 2 * count / (count - 1) if count > 1 else 0.0), count
