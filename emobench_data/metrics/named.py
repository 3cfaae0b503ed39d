"""Metrics by name: those of the task types here, and those that other packages add by entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import identity

from ..io.registry import Registry
from . import regression
from .bootstrap import bootstrap, percentiles

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One figure over items.

    Args:
        name: its key in a result, where `NAME_interval` stands beside it.
        function: `(truth, guess, weights)` to `(S,)`, see `regression`; truth and guess are arrays of what the items count as,
            of which equal pairs are one, `weights` `(S, n)` how often each pair stands in each of S samples.
        families: of the task types that it is a figure of, such as `labels` or `number`.
    """

    name: str
    function: Callable[[Any, Any, Floats], Floats]
    families: tuple[str, ...]


METRICS: Registry[Metric] = Registry("metric", "emobench_data.metrics", Metric)
for _one in (regression.mae, regression.rmse, regression.pearson, regression.spearman):
    METRICS.add(_one.__name__, Metric(_one.__name__, _one, ("number",)))


def figures_of(
    family: str, pairs: Sequence[tuple[Any, Any]], units: NDArray[np.int64], *, beyond: Sequence[str] = ()
) -> dict[str, Any]:
    """Every metric of `family` with its 95 % interval, percentiles of the bootstrap over `units` `(n,)`.

    None is an undefined figure. An interval is that of the samples in which the figure is defined.

    Args:
        pairs: what each item counts as, `(truth, guess)`.
        beyond: names of metrics that are left out.
    """
    chosen = {one.name: one.function for one in METRICS.values() if family in one.families and one.name not in beyond}
    return with_intervals(chosen, pairs, units)


def with_intervals(
    functions: Mapping[str, Callable[[Any, Any, Floats], Floats]], pairs: Sequence[tuple[Any, Any]], units: NDArray[np.int64]
) -> dict[str, Any]:
    """As `figures_of`, of functions by the names of their figures."""
    if not functions or not len(pairs):
        return {key: None for name in functions for key in (name, f"{name}_interval")}
    place: dict[tuple[Any, Any], int] = {}
    kinds = np.array([place.setdefault(pair, len(place)) for pair in pairs], np.int64)
    truth, guess = (_array(side) for side in zip(*place))
    counts = np.bincount(kinds, minlength=len(place)).astype(float)[None]

    def all_of(weights: Floats) -> Floats:
        return np.stack([function(truth, guess, weights) for function in functions.values()], axis=1)

    values, draws = all_of(counts)[0], bootstrap(units, kinds, identity(len(place), format="csr"), all_of)
    found: dict[str, Any] = {}
    for column, name in enumerate(functions):
        defined = draws[np.isfinite(draws[:, column]), column]
        found[name] = float(values[column]) if np.isfinite(values[column]) else None
        found[f"{name}_interval"] = list(percentiles(defined)) if found[name] is not None and len(defined) else None
    return found


def _array(side: Sequence[Any]) -> NDArray[Any]:
    """Numbers as such, anything else as objects."""
    if all(isinstance(one, (int, float)) for one in side):
        return np.array(side, float)
    made = np.empty(len(side), object)
    made[:] = side
    return made
