"""The figures of a sub-task whose answers are labels, and of each source in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...metrics import Confusion, bootstrap, calibration, percentiles, share, widened, with_interval
from ...metrics.classification import METRICS, metrics_of
from ...metrics.named import figures_of
from ..items import AMBIGUOUS, MISSING, UNPARSED, Gold, Item
from ..parsing import normal
from ..task_type import Measured
from ._labels import FAMILY, LabelType

Numbers = NDArray[np.int64]


def measure(items: Sequence[Item], units: Numbers) -> Measured:
    """What `LabelType.measure` gives: the confusion matrix is counted once for all sources."""
    cells = Confusion([item.truth for item in items], [item.guess for item in items])
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
    alone = _only(golds)
    found |= alone.extra(items) if alone else {}
    found |= figures_of(FAMILY, [(item.truth, item.guess) for item in items], units)  # those that other packages add
    sure = _calibration(items)
    return Measured(found | ({"calibration": sure} if sure else {}), cells.right[cells.kinds])


def _only(golds: Sequence[Gold]) -> LabelType | None:
    """The type of all `golds`, where they have one: questions of one's own may be closed sets and Yes/No together."""
    found = {gold.type for gold in golds}
    return next(iter(found)) if len(found) == 1 else None  # type: ignore[return-value]


def _figures(cells: Confusion, kinds: Numbers, units: Numbers, golds: Sequence[Gold]) -> dict[str, Any]:
    """Of items by their cell and unit, each `(n,)`."""
    right = share(cells.right[kinds], units)
    counts = np.bincount(kinds, minlength=len(cells.pairs))
    point = dict(zip(METRICS, metrics_of((counts @ cells.adds)[None])[0].tolist()))
    draws = bootstrap(units, kinds, cells.adds, metrics_of)
    limits = {name: widened(point[name], percentiles(draws[:, METRICS.index(name)]), right) for name in ("macro_f1", "uar")}
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
    alone = _only(golds)
    return found | (alone.extra_figures(dict(zip(cells.pairs, counts.tolist()))) if alone else {})


def _baselines(gold: Counter[Gold]) -> dict[str, float]:
    """`majority`: accuracy of the best single answer to every question; `random`: the expected one of drawing evenly."""
    total = gold.total()
    accepts = Counter[str]()
    for one, n in gold.items():
        for label in one.references:
            accepts[label] += n
    answers = sorted({normal(one.answer) for one in gold})
    lucky = 0.0
    for one, n in gold.items():
        choices = one.type.drawn_from(one, answers)  # type: ignore[attr-defined]
        lucky += n * sum(label in one.references for label in choices) / len(choices)
    return {"majority": max(accepts.values()) / total, "random": lucky / total}


def _calibration(items: Sequence[Item]) -> dict[str, Any] | None:
    """How sure the model is of the likeliest label (the first of equals), which is right if it is accepted."""
    sure, right = [], []
    for item in items:
        if item.answer and item.answer.probabilities:
            label = max(item.answer.probabilities, key=item.answer.probabilities.__getitem__)
            sure.append(item.answer.probabilities[label])
            right.append(normal(label) in item.gold.references)
    return calibration(sure, right) if sure else None
