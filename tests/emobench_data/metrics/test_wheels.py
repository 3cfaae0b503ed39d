"""Sets of words by the groups of wheels, by hand and beside items that are written out."""

import numpy as np
import pytest

from emobench_data.metrics.wheels import counted, hit_rate, wheel_figures

ONE = {"happy": "joy", "glad": "joy", "sad": "sorrow", "angry": "anger"}.get
TWO = {"happy": "good", "sad": "bad", "angry": "bad"}.get
TRUTH = [("happy", "sad"), ("angry",), ("odd",), ("glad",)]
GUESS = [("glad", "angry"), "(unparsed)", ("happy",), ("happy", "glad", "odd")]


def test_by_hand():
    """On the first wheel: (1/2, 1/2), (0, 0), left out, (1, 1)."""
    found = wheel_figures(TRUTH, GUESS, wheels=[ONE, TWO])[0]
    assert found[0] == pytest.approx([0.5, 0.5, 0.5])
    # On the second: gold {good, bad} and {bad}, said {bad} and nothing; the gold of the others has no group.
    precision, recall = (1 + 0) / 2, (1 / 2 + 0) / 2
    assert found[1] == pytest.approx([2 * precision * recall / (precision + recall), precision, recall])
    assert [counted(TRUTH, wheel) for wheel in (ONE, TWO)] == [3, 2]


def test_nothing_right_and_nothing_to_count():
    assert wheel_figures([("happy",)], [("sad",)], wheels=[ONE])[0, 0].tolist() == [0, 0, 0]
    assert np.isnan(wheel_figures([("odd",)], [("sad",)], wheels=[ONE])).all()


def test_a_weight_is_that_many_items():
    weights = np.array([[2, 1, 3, 0], [0, 0, 1, 2], [1, 1, 1, 1]], float)
    found = wheel_figures(TRUTH, GUESS, weights, wheels=[ONE, TWO])
    for own, value in zip(weights.astype(int), found):
        truth, guess = ([one for one, n in zip(side, own) for _ in range(n)] for side in (TRUTH, GUESS))
        assert value == pytest.approx(wheel_figures(truth, guess, wheels=[ONE, TWO])[0], nan_ok=True)


def test_hits_are_means_over_items_and_then_over_wheels():
    truth, guess = [("happy",), ("sad",), ("odd",)], [("glad", "sad"), ("angry",), ("happy",)]
    assert hit_rate(truth, guess, wheels=[ONE])[0] == pytest.approx((1 + 0) / 2)
    assert hit_rate(truth, guess, wheels=[ONE, TWO])[0] == pytest.approx(((1 + 0) / 2 + (0 + 1) / 2) / 2)
