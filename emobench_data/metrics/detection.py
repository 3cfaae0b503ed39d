"""Average precision of a class, from how sure a model is of it: functions over items.

Each takes `truth` `(n,)`, whether an item is of the class, and `sure` `(n,)`, the probability given to that; NaN without any
item of the class.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import trapezoid

STEPS = 1000


def average_precision(truth: ArrayLike, sure: ArrayLike) -> float:
    """The sum of precision times gained recall over the thresholds, as scikit-learn's `average_precision_score`."""
    truth, sure = np.asarray(truth, bool), np.asarray(sure, float)
    if not truth.any():
        return float("nan")
    order = np.argsort(-sure, kind="stable")
    ends = np.flatnonzero(np.diff(sure[order], append=-np.inf))  # equal ones are called together
    hits = np.cumsum(truth[order])[ends]
    precision, recall = hits / (ends + 1), hits / truth.sum()
    return float((precision * np.diff(recall, prepend=0)).sum())


def trapezoid_precision(truth: ArrayLike, sure: ArrayLike) -> float:
    """The area under precision over recall by trapezoids, at the thresholds 0, 0.001 to 0.999, as the code of BAH has it.

    Precision is 0 where no item is called, so that the curve ends at (0, 0) and the area is below `average_precision`.
    """
    truth, sure = np.asarray(truth, bool), np.asarray(sure, float)
    if not truth.any():
        return float("nan")
    called = sure[None] >= np.arange(STEPS)[:, None] / STEPS
    hits, said = (called & truth).sum(1), called.sum(1)
    precision = np.divide(hits, said, out=np.zeros(STEPS), where=said > 0)
    return float(-trapezoid(precision, hits / truth.sum()))
