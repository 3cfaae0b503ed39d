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


def crossed_draws(values: Sequence[float], seeds: Sequence[int], groups: Sequence[str], *, draws: int = 10_000) -> np.ndarray:
    """The mean of `values` with seeds and groups drawn anew and independently, (draws,).

    An answer weighs as often as its seed was drawn times as often as its group was (pigeonhole bootstrap; Owen 2007, The
    Annals of Applied Statistics 1(2)).
    """
    rng = np.random.default_rng(0)
    kinds = [np.unique(np.asarray(each).astype(str), return_inverse=True) for each in (seeds, groups)]
    shape = tuple(len(names) for names, _ in kinds)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, tuple(places for _, places in kinds), np.asarray(values, float))
    np.add.at(counts, tuple(places for _, places in kinds), 1.0)
    found = []
    while len(found) < draws:
        by_seed, by_group = (rng.multinomial(size, np.full(size, 1 / size)) for size in shape)
        if total := by_seed @ counts @ by_group:  # where groups differ by seed, a draw may hold none
            found.append(by_seed @ sums @ by_group / total)
    return np.asarray(found)


def _t(count: int) -> float:
    """Student's t of `count` clusters, squared."""
    return float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) ** 2 if count > 1 else 0.0


def _between(rest: np.ndarray, names: Sequence[str]) -> tuple[float, int]:
    """The variance of the mean by clusters, 0 of a single one, and how many there are."""
    places = np.unique(names, return_inverse=True)[1]
    sums = np.bincount(places, rest)
    count = len(sums)
    return (float((sums**2).sum()) / len(rest) ** 2 * count / (count - 1) if count > 1 else 0.0), count
