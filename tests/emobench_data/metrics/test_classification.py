"""Macro-F1, UAR and accuracy beside scikit-learn's."""

import json
from random import Random

import numpy as np
import pytest

from emobench_data.metrics import accuracy, macro_f1, uar


@pytest.mark.parametrize("said", [["a", "b", "c"], ["a"], ["a", "d", "(unparsed)"], ["d"]])
def test_the_figures_are_scikit_learns_over_the_labels_of_the_gold(said):
    """Answers that no gold holds, and labels that nobody answers."""
    metrics = pytest.importorskip("sklearn.metrics")
    random = Random(len(said))
    truth, guess = random.choices("abc", (5, 3, 1), k=80), random.choices(said, k=80)
    wanted = metrics.f1_score(truth, guess, average="macro", labels=["a", "b", "c"], zero_division=0)
    assert macro_f1(truth, guess) == pytest.approx(wanted)
    assert uar(truth, guess) == pytest.approx(metrics.recall_score(truth, guess, average="macro", labels=["a", "b", "c"]))
    assert accuracy(truth, guess) == pytest.approx(metrics.accuracy_score(truth, guess))


def test_a_word_that_no_gold_holds_makes_no_label_of_its_own():
    """It cost a label's recall; as a label of its own it halved the macro-F1 of the other run on the same questions."""
    assert macro_f1(["a", "a", "b"], ["a", "d", "b"]) == macro_f1(["a", "a", "b"], ["a", "e", "b"])
    assert macro_f1(["a", "a", "b"], ["a", "d", "b"]) == pytest.approx((2 / 3 + 1) / 2)


def test_the_given_vectors(shared_data):
    vectors = shared_data.parent / "metric_vectors.json"
    if not vectors.is_file():
        pytest.skip("no metric_vectors.json in the shared folder")
    given = json.loads(vectors.read_text())["bah"]
    truth, guess = given["gold"], given["hard_at_0.5"]
    assert macro_f1(truth, guess) == pytest.approx(given["avg_f1"])
    assert accuracy(truth, guess) == pytest.approx(given["accuracy"])
    assert np.mean(given["f1_neg_pos"]) == pytest.approx(macro_f1(truth, guess))
