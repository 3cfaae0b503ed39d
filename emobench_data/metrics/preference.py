"""How evenly a model chooses among classes: preferences by a Bradley-Terry model, and their spread, the bias.

Of "Can Large Language Models be Good Emotional Supporter?" (Kang et al., 2024, arXiv 2402.13211): where class i is said and j
is right, i was preferred to j. Preferences above 1 are of classes that are said too often.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
SWEEPS = 20


def preferences(confusion: ArrayLike) -> Floats | None:
    """The maximum-likelihood preferences `(L,)`, whose mean is 1.

    Args:
        confusion: `(L, L)`, how often each class was said (columns) for each that is right (rows); the diagonal is not used.

    Returns None where there are none, since classes can be parted into two of which one is never said for the other (Ford,
    1957): a class that is never said wrongly, or never missed, has a preference of 0 or infinity.
    """
    wins = np.asarray(confusion, float).T
    parts, _ = connected_components(csr_array(wins), directed=True, connection="strong")
    if parts > 1:
        return None
    games, won = wins + wins.T, wins.sum(1)

    def loss(logs: Floats) -> float:
        return float((wins * np.logaddexp(0, logs[None] - logs[:, None])).sum())

    def slope(logs: Floats) -> Floats:
        return (games / (1 + np.exp(logs[None] - logs[:, None]))).sum(1) - won

    def curve(logs: Floats) -> Floats:
        share = 1 / (1 + np.exp(logs[None] - logs[:, None]))
        spread = games * share * (1 - share)
        # A constant more on all logs changes nothing; the added plane keeps the matrix from being singular.
        return np.diag(spread.sum(1)) - spread + np.full_like(spread, 1 / len(won))

    found = minimize(loss, np.zeros(len(won)), jac=slope, hess=curve, method="trust-exact", options={"gtol": 1e-9})
    return _scaled(np.exp(found.x - found.x.max()))


def published_preferences(confusion: ArrayLike, sweeps: int = SWEEPS) -> Floats:
    """`(L,)` as `metrics.py` of cw-wan/EmoDynamiX-v2 has them: so many sweeps from 1, the diagonal included.

    Each class takes the new values of those before it. They may be far from where they end; NaN where a class is never right.
    """
    wins = np.asarray(confusion, float).T
    own, small = np.ones(len(wins)), 1e-6
    for _ in range(sweeps):
        for place in range(len(own)):
            shares = 1 / (own[place] + own + small)
            below = (wins[:, place] * shares).sum()
            own[place] = (wins[place] * own * shares).sum() / below if below else np.nan
        own = _scaled(own)
    return own


def bias(preferred: ArrayLike) -> float:
    """The standard deviation of preferences `(L,)`."""
    return float(np.std(np.asarray(preferred, float)))


def _scaled(values: Floats) -> Floats:
    return values * len(values) / values.sum()
