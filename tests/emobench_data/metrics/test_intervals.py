"""Intervals by their definitions, and how often they hold the truth."""

import numpy as np
import pytest

from benchmarks.interval_coverage import clusters, covered, differences, means
from emobench_data.metrics import difference, mean_of, share, widened, wilson


@pytest.mark.parametrize(("right", "n"), [(24, 24), (0, 24), (7, 24), (1, 1), (1, 200)])
def test_wilson_is_scipys(right, n):
    stats = pytest.importorskip("scipy.stats")
    wanted = stats.binomtest(right, n).proportion_ci(0.95, "wilson")
    assert wilson(right / n, n) == pytest.approx(wanted, abs=1e-12)


def test_all_right_is_not_certain():
    """The percentile bootstrap said 100.0-100.0."""
    own = share([1] * 24, range(24))
    assert (own.low, own.high) == (pytest.approx(0.862, abs=0.001), 1.0)
    low, high = mean_of([share([1] * 24, range(24), 48), share([1] * 24, range(24, 48))])[1:3]
    assert (low, high) == pytest.approx(wilson(1, 48))
    assert widened(1.0, (1.0, 1.0), own) == (own.low, 1.0)


def test_values_that_hang_together_count_as_fewer():
    """Twelve groups of five, alike within: as sure as twelve values, where singly they would be sixty."""
    values = np.repeat([1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0], 5)
    grouped, single = share(values, np.repeat(np.arange(12), 5)), share(values, range(60))
    assert single.size == 60 and grouped.size == pytest.approx(12, abs=0.5) and grouped.units == 12
    alike = share([1] * 60, np.repeat(np.arange(12), 5))
    assert (alike.low, alike.high) == pytest.approx(wilson(1, 12))
    assert share([1] * 9, [0] * 9).low == pytest.approx(wilson(1, 1)[0])


def test_groups_whose_values_do_not_hang_together_cost_little():
    rng = np.random.default_rng(0)
    values = rng.random(600) < 0.7
    assert share(values, np.repeat(np.arange(120), 5)).size > 480


def test_all_wrong_mirrors_all_right():
    for groups, each in ((9, 4), (12, 20), (30, 4)):
        units = np.repeat(np.arange(groups), each)
        assert share(np.zeros(len(units)), units).high == pytest.approx(1 - share(np.ones(len(units)), units).low)


def test_a_difference_of_paired_shares_is_newcombes():
    """Method 10 of Newcombe (1998) on a table of 50: 20 both right, 12 only the first, 2 only the second, 16 none."""
    first = [1] * 20 + [1] * 12 + [0] * 2 + [0] * 16
    second = [1] * 20 + [0] * 12 + [1] * 2 + [0] * 16
    low, high = difference(share(second, range(50)), share(first, range(50)))
    (l1, u1), (l2, u2) = wilson(32 / 50, 50), wilson(22 / 50, 50)
    phi = (20 * 16 - 12 * 2) / np.sqrt(32 * 18 * 22 * 28)
    down, up = (0.64 - l1, u2 - 0.44), (u1 - 0.64, 0.44 - l2)
    assert low == pytest.approx(0.2 - np.sqrt(down[0] ** 2 + down[1] ** 2 - 2 * phi * down[0] * down[1]))
    assert high == pytest.approx(0.2 + np.sqrt(up[0] ** 2 + up[1] ** 2 - 2 * phi * up[0] * up[1]))


def test_sub_tasks_that_ask_about_the_same_items_are_no_surer_than_one():
    """Two sub-tasks over the same forty items, answered alike: their mean is as sure as either, not sqrt(2) surer."""
    values = [1, 0, 1, 1] * 10
    own = share(values, range(40))
    apart = share(values, range(40, 80), 80)
    wide, narrow = mean_of([own, own]), mean_of([share(values, range(40), 80), apart])
    assert (wide.low, wide.high) == pytest.approx((own.low, own.high))
    assert (narrow.low, narrow.high) == pytest.approx(wilson(0.75, 80))
    alike = [share([1] * 40, range(40))] * 2
    assert mean_of(alike).size == pytest.approx(40), "nor where nothing tells how they hang together"


# A coarse version of benchmarks/interval_coverage.py, whose figures say more.
@pytest.mark.slow
@pytest.mark.parametrize("chance", [0.5, 0.9, 0.99])
def test_single_questions_are_covered(chance):
    found = covered(clusters(24, 1, chance, 0.0, tries=1500), chance)
    assert found["new"] > 0.925
    assert chance < 0.99 or found["percentile"] < 0.3


@pytest.mark.parametrize(("alike", "old"), [(1.0, 0.7), (0.3, 0.9)])
def test_groups_are_covered(alike, old):
    found = covered(clusters(30, 5, 0.8, alike, tries=1000), 0.8)
    assert found["new"] > 0.92 and found["question"] < old


def test_means_of_sub_tasks_and_paired_differences_are_covered():
    assert means([0.99] * 6, 24, tries=500)["new"] > 0.93
    assert differences(24, 0.9, 0.95, tries=1000)["new"] > 0.93
