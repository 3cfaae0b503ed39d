"""The figures of one sub-task, or of one source in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple, Sequence

from ..parsing import normal
from ..tasks import TASKS, YES_NO
from .calibration import calibration
from .cells import Cells, Floats, interval
from .gold import Answer, Gold
from .reader import AMBIGUOUS, MISSING, UNPARSED
from .wheel import open_set


class Item(NamedTuple):
    """One question scored: `truth` and `guess` are the labels it counts for, and equal where the answer is right."""

    question: str
    gold: Gold
    answer: Answer | None
    truth: str
    guess: str

    @property
    def right(self) -> bool:
        return self.truth == self.guess


def task_figures(task: str, items: Sequence[Item]) -> tuple[dict[str, Any], Floats]:
    """What `score` gives for a sub-task, and the accuracies of its bootstrap draws."""
    figures, draws = _figures(task, items, task)
    by_source: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_source[item.gold.source].append(item)
    figures["sources"] = {
        source: _figures(task, by_source[source], task, source)[0] for source in sorted(by_source)
    }
    cells = Counter((item.truth, item.guess) for item in items)
    figures["confusion"] = {
        truth: {guess: n for (own, guess), n in sorted(cells.items()) if own == truth}
        for truth in sorted({truth for truth, _ in cells})
    }
    if TASKS[task].kind == "open":
        figures["open_set"] = open_set((item.gold, item.answer and item.answer.text) for item in items)
    sure = calibration((item.gold, item.answer) for item in items)
    if sure:
        figures["calibration"] = sure
    return figures, draws


def _figures(task: str, items: Sequence[Item], *names: str) -> tuple[dict[str, Any], Floats]:
    pairs = Counter((item.truth, item.guess) for item in items)
    cells = Cells(pairs)
    point = {name: float(values[0]) for name, values in cells.figures().items()}
    draws = cells.draws(*names)
    predicted = Counter[str]()
    for (_, guess), n in pairs.items():
        predicted[guess] += n
    figures: dict[str, Any] = {
        "accuracy": point["accuracy"],
        "interval": interval(draws["accuracy"]),
        "macro_f1": point["macro_f1"],
        "macro_f1_interval": interval(draws["macro_f1"]),
        "uar": point["uar"],
        "uar_interval": interval(draws["uar"]),
        "war": point["accuracy"],  # weighted by how often a label occurs, the mean recall is the accuracy
        "balanced_accuracy": point["uar"],
        **_baselines(task, Counter(item.gold for item in items)),
        "n": len(items),
        "unparsed": predicted[UNPARSED],
        "ambiguous": predicted[AMBIGUOUS],
        "missing": predicted[MISSING],
    }
    if TASKS[task].kind == "yes_no":
        figures |= _yes_no(pairs, predicted, len(items))
    return figures, draws["accuracy"]


def _yes_no(pairs: Counter[tuple[str, str]], predicted: Counter[str], total: int) -> dict[str, float]:
    """F1 of the positive class, and how often Yes was said."""
    positive = sum(n for (truth, _), n in pairs.items() if truth == "Yes") + predicted["Yes"]
    return {
        "f1_yes": 2 * pairs["Yes", "Yes"] / positive if positive else 0.0,
        "yes_rate": predicted["Yes"] / total,
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
