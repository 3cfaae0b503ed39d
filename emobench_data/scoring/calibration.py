"""Whether a model is right as often as it is sure to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..schema.parsing import normal
from .answers import Answer
from .gold import Gold

BINS = 10


def calibration(answered: Iterable[tuple[Gold, Answer | None]]) -> dict[str, Any] | None:
    """Expected calibration error over the answers with probabilities, or None without any.

    Confidence is the probability of the likeliest label (the first of equals), which is right if it is accepted. Ten
    bins of equal width (Guo et al., 2017, arXiv 1706.04599, equation 3).

    Returns:
        `ece`, `n`, `accuracy`, `confidence` (means), and `bins`: those that hold answers, with the same figures.
    """
    sure, right = [], []
    for gold, answer in answered:
        if answer and answer.probabilities:
            label = max(answer.probabilities, key=answer.probabilities.__getitem__)
            sure.append(answer.probabilities[label])
            right.append(normal(label) in gold.accepted)
    if not sure:
        return None
    confidence, hits = np.array(sure), np.array(right, float)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        {"from": bin / BINS, "to": (bin + 1) / BINS, **_means(confidence[place == bin], hits[place == bin])}
        for bin in sorted(set(place.tolist()))
    ]
    gaps = sum(bin["n"] * abs(bin["accuracy"] - bin["confidence"]) for bin in bins)
    return {"ece": gaps / len(sure), **_means(confidence, hits), "bins": bins}


def _means(confidence: np.ndarray, hits: np.ndarray) -> dict[str, float]:
    return {"n": len(hits), "accuracy": float(hits.mean()), "confidence": float(confidence.mean())}
