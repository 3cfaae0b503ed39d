"""Quadratic kappa and the correlation of high numbers, beside scikit-learn, SciPy and the given vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from emobench_data.metrics.ordinal import quadratic_kappa
from emobench_data.metrics.regression import mae, pearson, pearson_from, rmse, spearman

classes = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=30)


@given(classes)
@settings(deadline=None)
def test_kappa_is_scikit_learns(pairs):
    truth, guess = np.array(pairs).T
    if len({*truth, *guess}) == 1:
        assert np.isnan(quadratic_kappa(truth, guess)[0])
        return
    wanted = cohen_kappa_score(truth, guess, weights="quadratic", labels=[*range(-3, 4)])
    assert quadratic_kappa(truth, guess)[0] == pytest.approx(wanted)


@given(classes, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_weight_is_that_many_items(pairs, random):
    truth, guess = np.array(pairs, float).T
    weights = np.array([[random.randint(0, 3) for _ in pairs] for _ in range(3)], float)
    for metric in (quadratic_kappa, lambda *given: pearson_from(0, *given)):
        for own, value in zip(weights.astype(int), metric(truth, guess, weights)):
            written = metric(np.repeat(truth, own), np.repeat(guess, own)) if own.sum() else [np.nan]
            assert value == pytest.approx(written[0], nan_ok=True)


def test_by_hand():
    """Of (0, 0), (1, 1), (2, 0): mean squared distance 4/3; by chance 2/3 + 2/9 + 4/9."""
    assert quadratic_kappa([0, 1, 2], [0, 1, 0])[0] == pytest.approx(1 - (4 / 3) / (2 / 3 + 2 / 9 + (1 - 1 / 3) ** 2))
    assert quadratic_kappa([0, 3], [3, 0])[0] == -1


def test_only_items_that_count_may_spread():
    """Items without a weight left a spread that was rounding alone, and with it a correlation."""
    truth = [0.1, 0.7, 0.7, 0.7]
    assert np.isnan(pearson_from(0.5, truth, [0.3, 0.1, 0.2, 0.4])[0])
    assert pearson_from(0.5, [0.1, 0.6, 0.7, 0.9], [5, 0.1, 0.2, 0.4])[0] == pytest.approx(
        stats.pearsonr([0.6, 0.7, 0.9], [0.1, 0.2, 0.4])[0]
    )


def test_the_given_vectors(vectors):
    own = vectors["semeval_oc"]
    truth, guess = np.array(own["gold"]), np.array(own["pred"])
    some = truth != 0
    assert pearson(truth, guess)[0] == pytest.approx(own["pearson"])
    assert pearson(truth[some], guess[some])[0] == pytest.approx(own["pearson_some"])
    assert quadratic_kappa(truth, guess)[0] == pytest.approx(own["kappa_quadratic"])
    assert quadratic_kappa(truth[some], guess[some])[0] == pytest.approx(own["kappa_some"])
    own = vectors["semeval_reg"]
    filled = [said if isinstance(said, float) else 0.5 for said in own["pred"]]
    assert pearson(own["gold"], filled)[0] == pytest.approx(own["pearson"])
    assert pearson_from(0.5, own["gold"], filled)[0] == pytest.approx(own["pearson_gold>=0.5"])


def test_the_given_vectors_of_ratings(vectors):
    """Raters' points from 0 to 2 as numbers from 0 to 10."""
    own = vectors["emonet_voice"]
    truth = [5 * np.mean(raters) for raters in own["raters_0_2"]]
    assert truth == pytest.approx(own["human_mean_0_10"])
    for metric in (mae, rmse, pearson, spearman):
        assert metric(truth, own["pred_0_10"])[0] == pytest.approx(own[metric.__name__])
