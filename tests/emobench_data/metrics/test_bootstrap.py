"""The one bootstrap against a plain one that draws unit by unit."""

import numpy as np
import pytest

from emobench_data.metrics import Confusion, bootstrap, macro_f1, percentiles, uar
from emobench_data.metrics.classification import metrics_of

from ...conftest import ROOT

# Shares of right answers that the fixed seed draws, of ten with seven right.
DRAWN = [0.7, 0.8, 0.9, 1.0, 0.6, 0.5]


def answers(groups, each, rng):
    """Truths, guesses and units: a group's answers are all right or all at random."""
    units = np.repeat(np.arange(groups), each)
    truth = rng.integers(3, size=len(units))
    good = rng.random(groups) < 0.6
    return truth, np.where(good[units], truth, rng.integers(3, size=len(units))), units


@pytest.mark.parametrize(("groups", "each"), [(300, 1), (60, 5)])
def test_the_draws_are_those_of_units_drawn_one_by_one(groups, each):
    rng = np.random.default_rng(1)
    truth, guess, units = answers(groups, each, rng)
    cells = Confusion(truth.tolist(), guess.tolist())
    drawn = bootstrap(units, cells.kinds, cells.adds, metrics_of)
    plain = []
    for _ in range(1000):
        chosen = np.concatenate([np.flatnonzero(units == unit) for unit in rng.integers(groups, size=groups)])
        own = truth[chosen], guess[chosen]
        plain.append([(own[0] == own[1]).mean(), macro_f1(*map(np.ndarray.tolist, own)), uar(*map(np.ndarray.tolist, own))])
    for mine, theirs in zip(drawn.T, np.array(plain).T):
        assert percentiles(mine) == pytest.approx(percentiles(theirs), abs=0.015)
        assert mine.std() == pytest.approx(theirs.std(), rel=0.1)


def test_the_order_of_items_changes_nothing_and_no_draw_differs_by_machine():
    cells = Confusion(["a"] * 10, ["a"] * 7 + ["b"] * 3)
    draws = bootstrap(np.arange(10), cells.kinds, cells.adds, metrics_of)[:, 0]
    assert draws[:6].tolist() == DRAWN
    turned = Confusion(["a"] * 10, ["a"] * 3 + ["b"] * 3 + ["a"] * 4)
    assert (bootstrap(np.arange(10), turned.kinds, turned.adds, metrics_of)[:, 0] == draws).all()


def test_units_need_no_order():
    rng = np.random.default_rng(0)
    truth, guess, units = answers(20, 4, rng)
    order = rng.permutation(len(units))
    found = []
    for own in (np.arange(len(units)), order):
        cells = Confusion(truth.tolist(), guess.tolist())
        found.append(bootstrap(units[own], cells.kinds[own], cells.adds, metrics_of))
    assert (found[0] == found[1]).all()


def test_a_single_unit_is_drawn_as_it_is():
    cells = Confusion(["a", "a"], ["b", "a"])
    assert (bootstrap([4, 4], cells.kinds, cells.adds, metrics_of, draws=7)[:, 0] == [0.5] * 7).all()


def test_there_is_one_bootstrap_and_one_macro_f1():
    """Three bootstraps and two macro-F1s gave three intervals and two figures for the same answers."""
    own = {"emobench_data/metrics/bootstrap.py", "benchmarks/interval_coverage.py"}
    found = {
        str(path.relative_to(ROOT))
        for folder in ("emobench_data", "emollm_plugin", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if any(word in path.read_text() for word in ("np.quantile(", ".multinomial(", "f1_score("))
    }
    assert found - {"emobench_data/metrics/classification.py"} <= own, "classification.py names scikit-learn's"
