"""The bootstrap of every figure that follows from sums over items: whole units are drawn anew, with replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from .intervals import LEVEL

SEED, DRAWS = 0, 1000
_CHUNK = 100  # draws at a time, so that many different labels still fit in memory

Floats = NDArray[np.float64]


def bootstrap(
    units: ArrayLike,
    kinds: ArrayLike,
    adds: ArrayLike | csr_array,
    statistic: Callable[[Floats], Floats],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Floats:
    """`statistic` of `draws` resamples, each of as many units as there are: `(draws, ...)`.

    A unit is what is drawn as a whole: a question, or a group of questions that hang together (cluster bootstrap; Davison
    and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). Units that hold the same kinds of items are
    counted and drawn together (multinomial), so that 50,000 single questions cost no more than their different outcomes.

    Args:
        units: `(n,)`, the unit of each item, whole numbers.
        kinds: `(n,)`, the kind of each item, from 0; items of one kind add the same.
        adds: `(C, K)`, what an item of each kind adds to the K sums that `statistic` reads; may be sparse.
        statistic: sums `(S, K)` to figures `(S,)` or `(S, M)`.
    """
    adds = csr_array(adds)
    counts, held = _alike(np.asarray(units), np.asarray(kinds), adds.shape[0])
    sums = (held @ adds).T.tocsr()
    rng, total = np.random.default_rng(seed), int(counts.sum())
    chunks = [min(_CHUNK, draws - start) for start in range(0, draws, _CHUNK)]
    drawn = (rng.multinomial(total, counts / total, size) for size in chunks)
    return np.concatenate([statistic((sums @ each.T.astype(float)).T) for each in drawn])


def crossed_means(values: ArrayLike, seeds: ArrayLike, groups: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """The mean of `values` with seeds and groups drawn anew and independently, (draws,).

    An answer weighs as often as its seed was drawn times as often as its group was (pigeonhole bootstrap; Owen 2007, The
    Annals of Applied Statistics 1(2)).
    """
    rng = np.random.default_rng(seed)
    kinds = [np.unique(np.asarray(each).astype(str), return_inverse=True) for each in (seeds, groups)]
    shape = tuple(len(names) for names, _ in kinds)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, tuple(places for _, places in kinds), np.asarray(values, float))
    np.add.at(counts, tuple(places for _, places in kinds), 1.0)
    found: list[float] = []
    while len(found) < draws:
        by_seed, by_group = (rng.multinomial(size, np.full(size, 1 / size)) for size in shape)
        if total := by_seed @ counts @ by_group:  # where groups differ by seed, a draw may hold none
            found.append(float(by_seed @ sums @ by_group / total))
    return np.asarray(found)


def percentiles(draws: Floats) -> tuple[float, float]:
    """The central 95 % of `draws` (percentile method)."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _alike(units: NDArray[np.int64], kinds: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], csr_array]:
    """How many units hold the same, `(P,)`, and how many items of each kind these hold, `(P, size)`."""
    order = np.lexsort((kinds, units))
    kinds = np.ascontiguousarray(kinds[order], np.int64)
    ends = np.flatnonzero(np.diff(units[order], append=units[order][-1] + 1)) + 1
    if len(ends) == len(units):  # every item is a unit of its own
        there, counts = np.unique(kinds, return_counts=True)
        return counts, csr_array((np.ones(len(there)), (np.arange(len(there)), there)), shape=(len(there), size))
    held, width = kinds.tobytes(), kinds.itemsize
    starts = [0, *ends[:-1].tolist()]
    found = sorted(Counter(held[width * start : width * end] for start, end in zip(starts, ends.tolist())).items())
    members = [np.frombuffer(each, np.int64) for each, _ in found]
    rows = np.repeat(np.arange(len(found)), [len(each) for each in members])
    columns = np.concatenate(members)
    return np.array([n for _, n in found]), csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(found), size))
