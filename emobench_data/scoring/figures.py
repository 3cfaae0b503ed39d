"""The figures of one sub-task, or of one source in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple, Sequence

import numpy as np

from ..metrics import DRAWS, LEVEL, SEED, Cells, Share, bootstrap, central, share, widened
from ..metrics.classification import FIGURES, figures
from ..parsing import normal
from ..tasks import TASKS, YES_NO
from .calibration import calibration
from .gold import Answer, Gold
from .reader import AMBIGUOUS, MISSING, UNPARSED
from .wheel import open_set

# How each interval was made; `interval_unit`, `units` and `effective_n` stand beside each figure.
INTERVALS = {
    "level": LEVEL,
    "accuracy": "Wilson's, of effective_n questions where units are groups of several",
    "macro_f1, uar": "bootstrap of the units, percentiles, nowhere nearer than the accuracy's limits",
    "overall": "Wilson's, of the effective sample size of the sub-tasks' mean",
    "draws": DRAWS,
    "seed": SEED,
}


class Item(NamedTuple):
    """One question scored: `truth` and `guess` are the labels it counts for, and equal where the answer is right.

    Questions of one `unit` hang together: intervals take them as one.
    """

    question: str
    gold: Gold
    answer: Answer | None
    truth: str
    guess: str
    unit: str

    @property
    def right(self) -> bool:
        return self.truth == self.guess


def numbered(units: Sequence[str], known: dict[str, int]) -> np.ndarray:
    """Units as numbers `(n,)`, those that are not in `known` added to it."""
    return np.fromiter((known.setdefault(unit, len(known)) for unit in units), np.int64, len(units))


def task_figures(task: str, items: Sequence[Item]) -> dict[str, Any]:
    """What `score` gives for a sub-task."""
    found = _figures(task, items)
    by_source: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_source[item.gold.source].append(item)
    found["sources"] = {source: _figures(task, by_source[source]) for source in sorted(by_source)}
    cells = Counter((item.truth, item.guess) for item in items)
    found["confusion"] = {
        truth: {guess: n for (own, guess), n in sorted(cells.items()) if own == truth}
        for truth in sorted({truth for truth, _ in cells})
    }
    if TASKS[task].kind == "open":
        found["open_set"] = open_set((item.gold, item.answer and item.answer.text) for item in items)
    sure = calibration((item.gold, item.answer) for item in items)
    if sure:
        found["calibration"] = sure
    return found


def with_interval(values: Share) -> dict[str, Any]:
    """A share as a result gives it."""
    groups = values.units < int(values.held.sum())
    return {
        "accuracy": values.value,
        "interval": [values.low, values.high],
        "interval_unit": "group" if groups else "question",
        "units": values.units,
        "effective_n": values.size,
    }


def _figures(task: str, items: Sequence[Item]) -> dict[str, Any]:
    cells = Cells([item.truth for item in items], [item.guess for item in items])
    units = numbered([item.unit for item in items], {})
    right = share([item.truth == item.guess for item in items], units)
    point = cells.figures()
    draws = bootstrap(units, cells.kinds, cells.adds, figures)
    limits = {name: widened(point[name], central(draws[:, FIGURES.index(name)]), right) for name in ("macro_f1", "uar")}
    predicted = Counter(item.guess for item in items)
    found: dict[str, Any] = {
        **with_interval(right),
        "macro_f1": point["macro_f1"],
        "macro_f1_interval": list(limits["macro_f1"]),
        "uar": point["uar"],
        "uar_interval": list(limits["uar"]),
        "war": right.value,  # weighted by how often a label occurs, the mean recall is the accuracy
        "balanced_accuracy": point["uar"],
        **_baselines(task, Counter(item.gold for item in items)),
        "n": len(items),
        "unparsed": predicted[UNPARSED],
        "ambiguous": predicted[AMBIGUOUS],
        "missing": predicted[MISSING],
    }
    if TASKS[task].kind == "yes_no":
        found |= _yes_no(items, predicted)
    return found


def _yes_no(items: Sequence[Item], predicted: Counter[str]) -> dict[str, float]:
    """F1 of the positive class, and how often Yes was said."""
    yes = [item for item in items if item.truth == "Yes"]
    positive = len(yes) + predicted["Yes"]
    return {
        "f1_yes": 2 * sum(item.right for item in yes) / positive if positive else 0.0,
        "yes_rate": predicted["Yes"] / len(items),
    }


def _baselines(task: str, gold: Counter[Gold]) -> dict[str, float]:
    """`majority`: accuracy of the best single answer to every question; `random`: the expected one of drawing evenly.

    What is drawn from: the question's options, Yes and No, or in an open set the different answers of this gold.
    """
    total = gold.total()
    accepts = Counter[str]()
    for one, n in gold.items():
        for label in one.accepted:
            accepts[label] += n
    answers = sorted({normal(one.answer) for one in gold})
    lucky = 0.0
    for one, n in gold.items():
        kind = TASKS[task].kind
        choices = answers if kind == "open" else list(map(normal, one.options if kind == "closed" else YES_NO))
        lucky += n * sum(label in one.accepted for label in choices) / len(choices)
    return {"majority": max(accepts.values()) / total, "random": lucky / total}
