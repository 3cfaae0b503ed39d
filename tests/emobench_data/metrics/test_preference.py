"""Preferences and their bias beside choix, a hand computation, the published sweeps and the given vectors."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from emobench_data.metrics.preference import bias, preferences, published_preferences


def made_up(seed, size=6):
    return np.random.default_rng(seed).integers(1, 30, (size, size))


@pytest.mark.parametrize("seed", range(4))
def test_as_choix_has_it(seed):
    choix = pytest.importorskip("choix")
    confusion = made_up(seed)
    games = [(said, right) for right in range(6) for said in range(6) if said != right for _ in range(confusion[right, said])]
    wanted = np.exp(choix.opt_pairwise(6, games))
    assert preferences(confusion) == pytest.approx(wanted / wanted.mean(), rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_published_sweeps_end_there(seed):
    confusion = made_up(seed)
    assert preferences(confusion) == pytest.approx(published_preferences(confusion, 5000), rel=1e-3)
    assert bias(preferences(confusion)) != pytest.approx(bias(published_preferences(confusion, 1)), rel=1e-3)


def test_by_hand():
    """Of two classes, of which one was said 3 times for the other and 1 time the other way, the odds are 3 to 1."""
    confusion = [[7, 3], [1, 9]]
    assert preferences(confusion) == pytest.approx([0.5, 1.5], rel=1e-6)
    assert bias([0.5, 1.5]) == pytest.approx(0.5)
    assert preferences([[100, 3], [1, 0]]) == pytest.approx(preferences(confusion))
    assert preferences([[0, 2, 2], [2, 0, 2], [2, 2, 0]]) == pytest.approx([1, 1, 1])


def test_undefined_is_said():
    assert preferences(np.eye(3)) is None
    assert preferences([[5, 1, 0], [1, 5, 0], [1, 1, 5]]) is None  # the third is never said for another
    assert preferences([[5, 1, 1], [1, 5, 1], [0, 0, 5]]) is None  # and here never missed
    assert preferences([[5, 1, 0], [0, 5, 1], [1, 0, 5]]) == pytest.approx([1, 1, 1])
    assert np.isnan(published_preferences([[1, 1], [0, 0]])).any() or published_preferences([[1, 1], [0, 0]]).max() > 1


def test_the_given_vectors(vectors):
    for own in vectors["preference_bias"]:
        confusion = np.array(own["confusion_rows_gold_cols_pred"])
        found = published_preferences(confusion, own["iterations"])
        assert found == pytest.approx(own["preferences"]) and bias(found) == pytest.approx(own["bias"])
        truth = np.repeat(np.arange(len(confusion)), confusion.sum(1))
        guess = np.concatenate([np.repeat(np.arange(len(confusion)), row) for row in confusion])
        assert f1_score(truth, guess, average="macro") == pytest.approx(own["macro_f1"])
    assert preferences(vectors["preference_bias"][-1]["confusion_rows_gold_cols_pred"]) is None  # one is never said for another
