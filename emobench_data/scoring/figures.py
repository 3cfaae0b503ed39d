"""The figures of one sub-task, or of one source in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..metrics import DRAWS, LEVEL, SEED, Cells, Share, bootstrap, central, share, widened
from ..metrics.classification import FIGURES, figures
from ..schema.parsing import normal
from ..schema.tasks import YES_NO
from .answers import Answer
from .calibration import calibration
from .gold import Gold
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
    return np.array([known.setdefault(unit, len(known)) for unit in units], np.int64)


def task_figures(items: Sequence[Item], units: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """What `score` gives for a sub-task, and which items are right; `units` `(n,)` are the items' as numbers."""
    cells = Cells([item.truth for item in items], [item.guess for item in items])
    golds = [item.gold for item in items]
    found = _figures(cells, cells.kinds, units, golds)
    by_source: dict[str, list[int]] = defaultdict(list)
    for place, gold in enumerate(golds):
        by_source[gold.source].append(place)
    if len(by_source) == 1:
        found["sources"] = {source: dict(found) for source in by_source}
    else:
        found["sources"] = {
            source: _figures(cells, cells.kinds[own], units[own], [golds[place] for place in own])
            for source, own in sorted(by_source.items())
        }
    found["confusion"] = {}
    for (truth, guess), n in sorted(zip(cells.pairs, cells.counts.tolist())):
        found["confusion"].setdefault(truth, {})[guess] = n
    if {gold.kind for gold in golds} == {"open"}:
        found["open_set"] = open_set((item.gold, item.answer and item.answer.text) for item in items)
    sure = calibration((item.gold, item.answer) for item in items)
    if sure:
        found["calibration"] = sure
    return found, cells.right[cells.kinds]


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


def _figures(cells: Cells[str], kinds: np.ndarray, units: np.ndarray, golds: Sequence[Gold]) -> dict[str, Any]:
    """Of items by their cell and unit, each `(n,)`."""
    right = share(cells.right[kinds], units)
    counts = np.bincount(kinds, minlength=len(cells.pairs))
    point = dict(zip(FIGURES, figures((counts @ cells.adds)[None])[0].tolist()))
    draws = bootstrap(units, kinds, cells.adds, figures)
    limits = {name: widened(point[name], central(draws[:, FIGURES.index(name)]), right) for name in ("macro_f1", "uar")}
    predicted = Counter[str]()
    for (_, guess), n in zip(cells.pairs, counts.tolist()):
        predicted[guess] += n
    found: dict[str, Any] = {
        **with_interval(right),
        "macro_f1": point["macro_f1"],
        "macro_f1_interval": list(limits["macro_f1"]),
        "uar": point["uar"],
        "uar_interval": list(limits["uar"]),
        "war": right.value,  # weighted by how often a label occurs, the mean recall is the accuracy
        "balanced_accuracy": point["uar"],
        **_baselines(Counter(golds)),
        "n": len(kinds),
        "unparsed": predicted[UNPARSED],
        "ambiguous": predicted[AMBIGUOUS],
        "missing": predicted[MISSING],
    }
    if {gold.kind for gold in golds} == {"yes_no"}:
        found |= _yes_no(dict(zip(cells.pairs, counts.tolist())), predicted["Yes"], len(kinds))
    return found


def _yes_no(pairs: Mapping[tuple[str, str], int], said: int, total: int) -> dict[str, float]:
    """F1 of the positive class, and how often Yes was said."""
    positive = sum(n for (truth, _), n in pairs.items() if truth == "Yes") + said
    return {"f1_yes": 2 * pairs.get(("Yes", "Yes"), 0) / positive if positive else 0.0, "yes_rate": said / total}


def _baselines(gold: Counter[Gold]) -> dict[str, float]:
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
        choices = answers if one.kind == "open" else list(map(normal, one.options if one.kind == "closed" else YES_NO))
        lucky += n * sum(label in one.accepted for label in choices) / len(choices)
    return {"majority": max(accepts.values()) / total, "random": lucky / total}
