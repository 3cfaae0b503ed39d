"""Two runs over the questions that both were asked: an exact test by sub-task, and intervals of the differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from ..metrics import LEVEL, Share, difference, mean_of, numbered, share
from .same_question import AskedAs, differs


class Verdict(NamedTuple):
    """How a run did on one question: its sub-task, what it counts for (0 to 1), its unit, and what was asked.

    `overall` says whether the sub-task is part of the mean of all, as those are whose answers are right or wrong.
    """

    task: str
    value: float
    unit: str
    asked_as: AskedAs
    overall: bool = True


Verdicts = Mapping[str, Verdict]  # by question


def left_out(first: Verdicts, second: Verdicts) -> dict[str, str]:
    """The questions that the two cannot be compared by, and why."""
    found = dict.fromkeys(first.keys() ^ second.keys(), "asked of one run alone")
    for question, own in first.items():
        if question in second and (reason := differs(own.asked_as, second[question].asked_as)):
            found[question] = reason
    return found


def compare(first: Verdicts, second: Verdicts) -> dict[str, Any]:
    """Second against first, over the questions that are the same in both: id, words, medium and gold.

    Returns:
        `left_out`: why -> how many questions;
        `tasks`: name -> `n`, `lost` (the first does better), `won`, `units`, the means `first` and `second`, their
        `difference`, its 95 % `interval` and `p` (see `sign_test`; not corrected for several tests); `overall`: `difference`
        of the means of the sub-tasks and its `interval`.
    """
    gone = left_out(first, second)
    both: dict[str, list[tuple[Verdict, Verdict]]] = defaultdict(list)
    for question, own in first.items():
        if question not in gone:
            both[own.task].append((own, second[question]))
    known: dict[str, int] = {}
    units = {task: numbered([own.unit for own, _ in pairs], known) for task, pairs in both.items()}
    tasks: dict[str, Any] = {}
    shares: tuple[list[Share], list[Share]] = ([], [])
    for task, pairs in both.items():
        values = np.array([(own.value, other.value) for own, other in pairs], float).T
        parts = [share(column, units[task], len(known)) for column in values]
        for run, part in zip(shares, parts):
            run += [part] if pairs[0][0].overall else []
        gains = np.bincount(units[task], values[1] - values[0])
        tasks[task] = {
            "n": len(pairs),
            "lost": int((values[1] < values[0]).sum()),
            "won": int((values[1] > values[0]).sum()),
            "units": parts[0].units,
            "first": parts[0].value,
            "second": parts[1].value,
            **_tested(_difference(*parts), gains, len(pairs)),
        }
    overall = _difference(*map(mean_of, shares)) if shares[0] else None
    return {"tasks": tasks, "overall": overall, "left_out": dict(Counter(gone.values()))}


def _difference(first: Share, second: Share) -> dict[str, Any]:
    return {"difference": second.value - first.value, "interval": list(difference(first, second))}


def _tested(found: dict[str, Any], gains: np.ndarray, questions: int) -> dict[str, Any]:
    """`found` with the test's `p`, and its interval wide enough to hold 0 where the test does not refuse it.

    The test's own limits hold 0 exactly then; as differences they are scaled by how much differs at all.
    """
    p, limits = sign_test(gains)
    low, high = (float((2 * limit - 1) * np.abs(gains).sum() / questions) for limit in limits)
    return {**found, "interval": [min(found["interval"][0], low), max(found["interval"][1], high)], "p": p}


def sign_test(gains: ArrayLike) -> tuple[float, tuple[float, float]]:
    """Exact two-sided p that a unit is as likely lost as won, and the 95 % limits of the share that is won.

    Args:
        gains: by unit, how much more the second run has. Where each question is a unit this is McNemar's exact test (1947)
            with the limits of Clopper and Pearson (1934); where it is a group, the sign test of groups.
    """
    won, lost = (int(np.sum(sign * np.asarray(gains) > 1e-9)) for sign in (1, -1))
    if not won + lost:
        return 1.0, (0.0, 1.0)
    test = binomtest(won, won + lost)
    return float(test.pvalue), tuple(test.proportion_ci(LEVEL, "exact"))
