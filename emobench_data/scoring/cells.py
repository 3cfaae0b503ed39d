"""The figures of many answers at once, from the counts of (gold, predicted) pairs; and their bootstrap interval."""

from __future__ import annotations

import zlib
from typing import Mapping

import numpy as np
from numpy.typing import NDArray

from .reader import NO_LABEL

SEED, DRAWS, LEVEL = 0, 1000, 0.95
_CHUNK = 100  # draws at a time, so that many different labels still fit in memory

Floats = NDArray[np.float64]


class Cells:
    """A confusion matrix as its filled cells, with the figures of any counts in these cells.

    Args:
        pairs: (gold label, predicted label) -> how often; a predicted one may be none, as `(unparsed)`.
    """

    def __init__(self, pairs: Mapping[tuple[str, str], int]) -> None:
        ordered = sorted(pairs.items())
        self.labels = sorted({label for pair in pairs for label in pair} - {*NO_LABEL})
        place = {label: index for index, label in enumerate(self.labels)}
        place |= dict.fromkeys(NO_LABEL, len(place))
        self.counts = np.array([n for _, n in ordered], np.int64)
        self._truth = np.array([place[truth] for (truth, _), _ in ordered])
        self._guess = np.array([place[guess] for (_, guess), _ in ordered])

    def figures(self, counts: NDArray[np.int64] | None = None) -> dict[str, Floats]:
        """`accuracy`, `macro_f1` and `uar`, each `(S,)`, of `counts` `(S, C)`; by default of the counts as they are.

        `macro_f1` is the mean F1 over every label that is in the gold or was predicted, `uar` (unweighted average
        recall, which is the balanced accuracy) the mean recall over the gold's labels.
        """
        counts = self.counts[None] if counts is None else counts
        right = counts * (self._truth == self._guess)
        truths, guesses, hits = (
            self._by_label(part, index)
            for part, index in ((counts, self._truth), (counts, self._guess), (right, self._truth))
        )
        return {
            "accuracy": right.sum(1) / counts.sum(1),
            "macro_f1": _mean_ratio(2 * hits, truths + guesses),
            "uar": _mean_ratio(hits, truths),
        }

    def draws(self, *names: str) -> dict[str, Floats]:
        """The same figures of `DRAWS` resamples of the questions, with replacement.

        Drawing n questions again is a multinomial draw over the cells, so no question is touched. The seed follows
        `names` (sub-task, source), so that no other part of a file changes an interval.
        """
        rng = np.random.default_rng([SEED, zlib.crc32("/".join(names).encode())])
        total = int(self.counts.sum())
        chunks = [
            self.figures(rng.multinomial(total, self.counts / total, _CHUNK)) for _ in range(0, DRAWS, _CHUNK)
        ]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}

    def _by_label(self, counts: NDArray[np.int64], index: NDArray[np.int64]) -> Floats:
        """`counts` `(S, C)` summed by label: `(S, L)`. What is no label falls off the end."""
        order = np.argsort(index, kind="stable")
        present, starts = np.unique(index[order], return_index=True)
        sums = np.zeros((len(counts), len(self.labels) + 1))
        sums[:, present] = np.add.reduceat(counts[:, order], starts, axis=1)
        return sums[:, :-1]


def interval(draws: Floats) -> list[float]:
    """The central 95 % of bootstrap `draws` (percentile method)."""
    return np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()


def _mean_ratio(parts: Floats, wholes: Floats) -> Floats:
    """Mean of parts / wholes over the labels that have a whole, `(S, L)` to `(S,)`."""
    there = wholes > 0
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=there).sum(1) / np.maximum(there.sum(1), 1)
