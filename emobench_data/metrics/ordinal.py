"""Metrics of ordered classes: functions over items, weighted as those of `regression`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .regression import Floats, mean_of_items, ratio, weights_of


def quadratic_kappa(truth: ArrayLike, guess: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Cohen's kappa with the squared distance of the classes' values as the weight of an error (Cohen, 1968).

    With classes that follow each other by 1 it is `cohen_kappa_score(..., weights="quadratic", labels=all classes)` of
    scikit-learn, which takes places for values; SemEval-2018's scorer takes the classes that the gold holds. NaN where all
    answers and all of the gold are one class.
    """
    first, second = (np.asarray(own, float) for own in (truth, guess))
    weights = weights_of(first, weights)
    # What is expected by chance of the squared distance is the sum of both spreads and of the squared distance of the means.
    means = [mean_of_items(own, weights) for own in (first, second)]
    spreads = [mean_of_items(own**2, weights) - mean**2 for own, mean in zip((first, second), means)]
    chance = spreads[0] + spreads[1] + (means[0] - means[1]) ** 2
    return 1 - ratio(mean_of_items((first - second) ** 2, weights), np.where(chance > 1e-12, chance, 0))
