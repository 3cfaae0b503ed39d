"""Sets of labels beside scikit-learn and the given vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from emobench_data.metrics import sets

LABELS = ("a", "b", "c", "d")
labels = st.sets(st.sampled_from(LABELS)).map(lambda own: tuple(sorted(own)))
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=20)


def columns(side):
    return np.array([[label in own for label in LABELS] for own in side], int)


@given(pairs)
@settings(deadline=None)
def test_as_scikit_learn_has_it(found):
    truth, guess = zip(*found)
    first, second = columns(truth), columns(guess)
    both_empty = [not own.any() and not said.any() for own, said in zip(first, second)]
    by_item = [
        1.0 if empty else sklearn.jaccard_score(*pair, zero_division=0) for empty, *pair in zip(both_empty, first, second)
    ]
    assert sets.jaccard(truth, guess)[0] == pytest.approx(np.mean(by_item))
    macro = sklearn.f1_score(first, second, average="macro", zero_division=0)
    assert sets.macro_f1(truth, guess, labels=LABELS)[0] == pytest.approx(macro)
    if first.any() or second.any():
        assert sets.micro_f1(truth, guess)[0] == pytest.approx(sklearn.f1_score(first, second, average="micro"))
    else:
        assert np.isnan(sets.micro_f1(truth, guess)[0])


@given(pairs, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_weight_is_that_many_items(found, random):
    weights = np.array([[random.randint(0, 2) for _ in found] for _ in range(3)], float)
    for metric in (sets.jaccard, sets.micro_f1, lambda *given: sets.macro_f1(*given, labels=LABELS)):
        for own, value in zip(weights.astype(int), metric(*zip(*found), weights)):
            written = [pair for pair, n in zip(found, own) for _ in range(n)]
            if written:
                assert value == pytest.approx(metric(*zip(*written))[0], nan_ok=True)


def test_by_hand():
    truth, guess = [("a", "b"), (), ()], [("a",), (), "(unparsed)"]
    assert sets.jaccard(truth, guess)[0] == pytest.approx((0.5 + 1 + 0) / 3)
    assert sets.micro_f1(truth, guess)[0] == pytest.approx(2 / 3)
    assert sets.macro_f1(truth, guess, labels=LABELS)[0] == pytest.approx(1 / 4)


def test_the_given_vectors(vectors):
    own = vectors["semeval_ec"]
    truth, guess = ([tuple(labels) for labels in own[side]] for side in ("gold", "pred"))
    eleven = ["anger", "anticipation", "disgust", "fear", "joy", "love", "optimism", "pessimism"]
    eleven += ["sadness", "surprise", "trust"]
    assert sets.jaccard(truth, guess)[0] == pytest.approx(own["accuracy_jaccard"])
    assert sets.micro_f1(truth, guess)[0] == pytest.approx(own["micro_f1"])
    assert sets.macro_f1(truth, guess, labels=eleven)[0] == pytest.approx(own["macro_f1_zero_division_0"])
