"""Two runs on the same questions: McNemar's exact test by sub-task, and a paired bootstrap of the overall."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any, Mapping

import numpy as np

from ..scoring.cells import DRAWS, SEED, interval

Rights = Mapping[str, tuple[str, bool]]  # question -> its sub-task, and whether the run is right


def compare(first: Rights, second: Rights) -> dict[str, Any]:
    """Second against first, over the questions that both were asked.

    Returns:
        `tasks`: name -> `n`, `lost` (only the first is right), `won`, `difference` of the accuracies, its 95 %
        `interval` and `p` (McNemar, exact, two-sided; not corrected for several tests); `overall`: `difference` of the
        means of the sub-tasks and its `interval` (questions drawn in pairs, sub-tasks apart).
    """
    counts: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for question, (task, right) in first.items():
        if question in second:
            counts[task][right, second[question][1]] += 1
    rng = np.random.default_rng(SEED)
    tasks, all_draws = {}, []
    for task, pairs in counts.items():
        total, lost, won = pairs.total(), pairs[True, False], pairs[False, True]
        drawn = rng.multinomial(total, [lost / total, won / total, 1 - (lost + won) / total], DRAWS)
        draws = (drawn[:, 1] - drawn[:, 0]) / total
        all_draws.append(draws)
        tasks[task] = {"n": total, "lost": lost, "won": won, "difference": (won - lost) / total}
        tasks[task] |= {"interval": interval(draws), "p": mcnemar(lost, won)}
    if not tasks:
        return {"tasks": {}, "overall": None}
    difference = sum(own["difference"] for own in tasks.values()) / len(tasks)
    return {"tasks": tasks, "overall": {"difference": difference, "interval": interval(np.mean(all_draws, axis=0))}}


def mcnemar(lost: int, won: int) -> float:
    """Two-sided exact p that `lost` and `won` are equally likely: a binomial test with one half (McNemar, 1947)."""
    total, fewer = lost + won, min(lost, won)
    if not total:
        return 1.0
    steps = np.log(np.arange(total, total - fewer, -1)) - np.log(np.arange(1, fewer + 1))
    chances = np.concatenate([[0.0], np.cumsum(steps)]) - total * math.log(2)
    return min(1.0, 2 * float(np.exp(np.logaddexp.reduce(chances))))
