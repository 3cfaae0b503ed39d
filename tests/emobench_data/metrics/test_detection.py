"""Average precision both ways, beside scikit-learn, a hand computation and the given vectors."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from sklearn.metrics import average_precision_score, precision_recall_curve

from emobench_data.metrics.detection import average_precision, trapezoid_precision


@pytest.mark.parametrize("seed", range(5))
def test_as_scikit_learn_has_it(seed):
    rng = np.random.default_rng(seed)
    truth, sure = rng.random(60) < 0.3, rng.integers(0, 10, 60) / 10  # with many equal ones
    assert average_precision(truth, sure) == pytest.approx(average_precision_score(truth, sure))
    precision, recall, _ = precision_recall_curve(truth, sure)
    precision[-1] = 0  # where nothing is called, which scikit-learn takes for 1
    assert trapezoid_precision(truth, sure) == pytest.approx(-trapezoid(precision, recall))


def test_by_hand():
    """Of right, wrong, right: precision 1 at recall 1/2, 2/3 at recall 1."""
    truth, sure = [1, 0, 1], [0.9, 0.8, 0.7]
    assert average_precision(truth, sure) == pytest.approx(1 / 2 + 2 / 3 / 2)
    # From (0, 0) to (1/2, 1), straight down to (1/2, 1/2), and on to (1, 2/3).
    assert trapezoid_precision(truth, sure) == pytest.approx(1 / 4 + (1 / 2 + 2 / 3) / 2 / 2)
    assert np.isnan(average_precision([0, 0], [0.1, 0.2])) and np.isnan(trapezoid_precision([0, 0], [0.1, 0.2]))


def test_the_given_vectors(vectors):
    own = vectors["bah"]
    assert average_precision(own["gold"], own["p1"]) == pytest.approx(own["ap_sklearn_step"])
    assert trapezoid_precision(own["gold"], own["p1"]) == pytest.approx(own["ap_official_trapezoid"])
