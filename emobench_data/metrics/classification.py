"""Accuracy, macro-F1 and mean recall of labels, from the filled cells of a confusion matrix.

The labels that macro-F1 and UAR are means over are those of the gold, whatever was answered: `f1_score(..., labels=
sorted(set(gold)), average="macro", zero_division=0)` and `balanced_accuracy_score` of scikit-learn. A word that no gold
holds lowers the recall of the label it was said for, and makes no label of its own; so the labels, and with them what two
runs on the same questions are compared by, do not follow from the answers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Label = TypeVar("Label", bound=Hashable)
METRICS = ("accuracy", "macro_f1", "uar")


class Confusion(Generic[Label]):
    """Items by their cell of the confusion matrix.

    Args:
        truth, guess: the gold label and the predicted one of each item; what is predicted may be no label at all.

    `kinds` `(n,)` is the cell of each item; of each cell, `pairs` are its labels, `right` says whether these are equal,
    `counts` `(C,)` how many items it holds, and `adds` `(C, 3 L)` what an item of it adds to the sums that `metrics_of` reads:
    hits, occurrences and predictions of each of L gold labels.
    """

    def __init__(self, truth: Iterable[Label], guess: Iterable[Label]) -> None:
        place: dict[tuple[Label, Label], int] = {}
        self.kinds = np.array([place.setdefault(pair, len(place)) for pair in zip(truth, guess)], np.int64)
        self.pairs = [*place]
        self.right = np.array([own == said for own, said in place])
        self.counts = np.bincount(self.kinds, minlength=len(place))
        label: dict[Hashable, int] = {}
        for own, _ in place:
            label.setdefault(own, len(label))
        found = [
            (cell, part * len(label) + label[one])
            for cell, (own, said) in enumerate(place)
            for part, one in enumerate((own if own == said else None, own, said))
            if one in label
        ]
        rows, columns = np.array(found).T
        self.adds = csr_array((np.ones(len(found)), (rows, columns)), shape=(len(place), 3 * len(label)))

    def metrics(self) -> dict[str, float]:
        """The metrics of all items."""
        return dict(zip(METRICS, metrics_of((self.counts @ self.adds)[None])[0].tolist()))


def metrics_of(sums: Floats) -> Floats:
    """Accuracy, macro-F1 and UAR `(S, 3)` of sums `(S, 3 L)`; labels that a draw has no gold of are left out of its means."""
    hits, truths, guesses = np.split(np.asarray(sums, float), 3, axis=1)
    there = truths > 0
    f1, recall = (
        np.divide(part, whole, out=np.zeros_like(part), where=there)
        for part, whole in ((2 * hits, truths + guesses), (hits, truths))
    )
    labels = there.sum(1)
    return np.stack([hits.sum(1) / truths.sum(1), f1.sum(1) / labels, recall.sum(1) / labels], axis=1)


def accuracy(truth: Iterable[Hashable], guess: Iterable[Hashable]) -> float:
    """Share of the items whose labels `(n,)` are equal."""
    return Confusion(truth, guess).metrics()["accuracy"]


def macro_f1(truth: Iterable[Hashable], guess: Iterable[Hashable]) -> float:
    """Mean F1 over the labels of `truth` `(n,)`."""
    return Confusion(truth, guess).metrics()["macro_f1"]


def uar(truth: Iterable[Hashable], guess: Iterable[Hashable]) -> float:
    """Unweighted average recall over the labels of `truth` `(n,)`, which is the balanced accuracy."""
    return Confusion(truth, guess).metrics()["uar"]
