"""Intervals of shares, of questions that hang together too, and of their means and differences.

A bootstrap draws only what was seen: of 24 right out of 24 it says 100 to 100. A share has Wilson's interval instead, and so
has a mean of shares; a difference has that which MOVER puts together from the two. `benchmarks/interval_coverage.py` measures
how often they hold what they should.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
Z = float(ndtri((1 + LEVEL) / 2))

Floats = NDArray[np.float64]


def wilson(value: float, size: float) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927).

    As `scipy.stats.binomtest(...).proportion_ci(method="wilson")`, which takes no effective sample size, since that is no
    whole number.
    """
    middle = (value + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * np.sqrt(value * (1 - value) / size + Z**2 / (4 * size**2))
    return float(np.clip(middle - half, 0, value)), float(np.clip(middle + half, value, 1))


class Share(NamedTuple):
    """A mean of values from 0 to 1 with its interval.

    Args:
        size: the effective sample size that the interval was made with.
        units: how many units the values are of.
        errors: `(U,)`, what each unit adds to the error of `value`, by the unit's number; 0 for one that is not there.
        held: `(U,)`, how many of the values each unit holds.
    """

    value: float
    low: float
    high: float
    size: float
    units: int
    errors: Floats
    held: NDArray[np.int64]


def share(values: ArrayLike, units: ArrayLike, count: int = 0) -> Share:
    """The mean of `values` `(n,)` and its Wilson interval.

    Args:
        units: `(n,)`, the unit of each value, from 0: values of one unit may hang together.
        count: how many units there are, where some hold none of these values.
    """
    values, units = np.asarray(values, float), np.asarray(units, np.int64)
    held = np.bincount(units, minlength=count)
    sums = np.bincount(units, values, minlength=count).astype(np.float64, copy=False)
    value = float(values.mean())
    size = effective_size(sums[held > 0], held[held > 0])
    errors = (sums - value * held) / len(values)
    return Share(value, *wilson(value, size), size, int((held > 0).sum()), errors, held)


def effective_size(sums: Floats, held: NDArray[np.int64]) -> float:
    """Of how many single values the mean is as sure: all of them over the design effect (Kish, Survey Sampling, 1965).

    The design effect is estimated from the spread between units, with one right and one wrong value added that hung together
    as whole units do, so that few errors are not taken for errors that do not hang together (our reading); the interval is
    then as much wider as Student's t is than the normal one (Korn and Graubard, 1998). It lies between all values and
    Kish's number of units, which is right where a unit's values are all alike.

    Args:
        sums, held: `(U,)`, sum and number of each unit's values.
    """
    units, items = len(held), int(held.sum())
    if units == items:
        return float(items)
    least = items**2 / float((held**2).sum())
    if units == 1:
        return least
    mean = (sums.sum() + 1) / (items + 2)
    squares = ((sums - mean * held) ** 2).sum() + items / units * ((1 - mean) ** 2 + mean**2)
    design = squares * units / (units - 1) / ((items + 2) * mean * (1 - mean))
    size = items / design * (Z / float(stdtrit(units - 1, (1 + LEVEL) / 2))) ** 2
    return float(np.clip(size, least, items))


def mean_of(shares: Sequence[Share]) -> Share:
    """The mean of several shares, each of which weighs alike, with the Wilson interval of its own effective sample size.

    That size is what a single share would need for the mean's variance (as for stratified samples; Franco, Little, Louis and
    Slud, 2019), in which each share has one right and one wrong value more, since one that is all right is not without
    variance. Shares over the same units are as surely wrong together as `_correlations` says.
    """
    value = float(np.mean([own.value for own in shares]))
    near = np.array([(own.value * own.size + 1) / (own.size + 2) for own in shares])
    deviations = np.sqrt(near * (1 - near) / [own.size for own in shares])
    size = near.mean() * (1 - near.mean()) * len(shares) ** 2 / (deviations @ _correlations(shares) @ deviations)
    errors, held = np.mean([own.errors for own in shares], axis=0), np.sum([own.held for own in shares], axis=0)
    return Share(value, *wilson(value, size), float(size), int((held > 0).sum()), errors, held)


def difference(first: Share, second: Share) -> tuple[float, float]:
    """The interval of second less first, over the same units, from the limits of both.

    MOVER (Zou and Donner, Statistics in Medicine 27, 2008) with the correlation of the two, 0 where there is none to estimate;
    of two shares of single questions it is Newcombe's method 10 (1998).
    """
    spreads = np.linalg.norm(first.errors) * np.linalg.norm(second.errors)
    together = float(first.errors @ second.errors / spreads) if spreads else 0.0
    value = second.value - first.value
    below = second.value - second.low, first.high - first.value
    above = second.high - second.value, first.value - first.low
    low, high = (np.sqrt(max(0.0, a**2 + b**2 - 2 * together * a * b)) for a, b in (below, above))
    return value - float(low), value + float(high)


def _correlations(shares: Sequence[Share]) -> Floats:
    """`(S, S)` from the units' errors; where a share has none, the part of the units that both have in common."""
    errors, held = np.stack([own.errors for own in shares]), np.stack([own.held > 0 for own in shares]).astype(float)
    products, common = errors @ errors.T, held @ held.T
    norms, reach = (np.sqrt(np.outer(np.diag(own), np.diag(own))) for own in (products, common))
    together = np.divide(products, norms, out=common / reach, where=norms > 0)
    np.fill_diagonal(together, 1.0)
    return together


def widened(value: float, limits: tuple[float, float], beside: Share) -> tuple[float, float]:
    """The bootstrap's `limits` of a figure from 0 to 1, nowhere nearer to `value` than those of the share `beside` it.

    A bootstrap that drew no other error than was seen is too narrow near 0 and 100 %; macro-F1 and mean recall are no surer
    there than the accuracy of the same answers (our reading).
    """
    low, high = limits
    return max(0.0, min(low, value - (beside.value - beside.low))), min(1.0, max(high, value + (beside.high - beside.value)))
