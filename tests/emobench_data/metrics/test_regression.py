"""Metrics of numbers against SciPy and scikit-learn, and their weights against items that are written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn

from emobench_data.metrics import regression
from emobench_data.metrics.named import Metric, figures_of

ALL = (regression.mae, regression.rmse, regression.pearson, regression.spearman)
numbers = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=30)


@given(numbers)
@settings(deadline=None)
def test_as_the_libraries_have_it(pairs):
    truth, guess = np.array(pairs, float).T / 2
    assert regression.mae(truth, guess)[0] == pytest.approx(sklearn.mean_absolute_error(truth, guess))
    assert regression.rmse(truth, guess)[0] == pytest.approx(np.sqrt(sklearn.mean_squared_error(truth, guess)))
    if np.ptp(truth) and np.ptp(guess):
        assert regression.pearson(truth, guess)[0] == pytest.approx(stats.pearsonr(truth, guess)[0])
        assert regression.spearman(truth, guess)[0] == pytest.approx(stats.spearmanr(truth, guess)[0])
    else:
        assert np.isnan(regression.pearson(truth, guess)[0]) and np.isnan(regression.spearman(truth, guess)[0])


@given(numbers, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_weight_is_that_many_items(pairs, random):
    truth, guess = np.array(pairs, float).T
    weights = np.array([[random.randint(0, 3) for _ in pairs] for _ in range(3)], float)
    for metric in ALL:
        for own, value in zip(weights.astype(int), metric(truth, guess, weights)):
            written = metric(np.repeat(truth, own), np.repeat(guess, own)) if own.sum() else [np.nan]
            assert value == pytest.approx(written[0], nan_ok=True)


def test_intervals_draw_whole_units():
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.normal(size=40), 5).round(2)
    pairs = list(zip(truth.tolist(), (truth + np.repeat(rng.normal(size=40), 5)).round(2).tolist()))
    single, grouped = (figures_of("number", pairs, units) for units in (np.arange(200), np.arange(200) // 5))
    assert single["mae"] == grouped["mae"] == pytest.approx(regression.mae(*np.array(pairs).T)[0])
    widths = [np.diff(own["mae_interval"])[0] for own in (single, grouped)]
    assert widths[1] == pytest.approx(np.sqrt(5) * widths[0], rel=0.15)


def test_undefined_is_said():
    found = figures_of("number", [(1.0, 2.0), (3.0, 2.0)], np.arange(2))
    assert found["pearson"] is None and found["pearson_interval"] is None and found["mae"] == 1
    assert set(figures_of("number", [], np.arange(0)).values()) == {None}


def test_a_metric_of_labels_gets_labels():
    one = Metric("same", lambda truth, guess, weights: weights @ (truth == guess) / weights.sum(1), ("labels",))
    truth, guess = (np.array(own, object) for own in (["a", "b"], ["a", "a"]))
    assert one.function(truth, guess, np.ones((1, 2))).tolist() == [0.5]
