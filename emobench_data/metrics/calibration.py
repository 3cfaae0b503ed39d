"""Whether a model is right as often as it is sure to be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10


def calibration(confidence: ArrayLike, right: ArrayLike) -> dict[str, Any]:
    """Expected calibration error (Guo et al., 2017, arXiv 1706.04599, equation 3), with ten bins of equal width.

    Args:
        confidence: `(n,)`, the probability of what was answered.
        right: `(n,)`, whether that is right.

    Returns:
        `ece`, `n`, `accuracy`, `confidence` (means), and `bins`: those that hold answers, with the same figures.
    """
    confidence, hits = np.asarray(confidence, float), np.asarray(right, float)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        {"from": bin / BINS, "to": (bin + 1) / BINS, **_means(confidence[place == bin], hits[place == bin])}
        for bin in sorted(set(place.tolist()))
    ]
    gaps = sum(bin["n"] * abs(bin["accuracy"] - bin["confidence"]) for bin in bins)
    return {"ece": gaps / len(hits), **_means(confidence, hits), "bins": bins}


def _means(confidence: NDArray[np.float64], hits: NDArray[np.float64]) -> dict[str, float]:
    return {"n": len(hits), "accuracy": float(hits.mean()), "confidence": float(confidence.mean())}
