"""Rows of unequal length are cut into parts where reading them takes least."""

from itertools import combinations

import pytest

from emollm_plugin.evaluation.parts import cut


@pytest.mark.parametrize(
    ("lengths", "cost", "ends"),
    [
        ([7], 10, [1]),
        ([9] * 9, 10, [9]),
        ([90, 9, 9, 9], 10, [1, 4]),
        ([90, 9, 9, 9], 1000, [4]),
        ([90, 80, 30, 29, 28], 30, [2, 5]),
        ([5, 4, 3], 0, [1, 2, 3]),
    ],
)
def test_a_part_ends_where_that_takes_least(lengths, cost, ends):
    assert cut(lengths, cost) == ends


def test_every_cut_is_weighed(lengths=(31, 30, 22, 21, 21, 9, 8, 2), cost=12):
    def price(ends):
        return sum(lengths[start] * (end - start) + cost for start, end in zip([0, *ends], ends))

    places = range(1, len(lengths))
    ways = [[*inner, len(lengths)] for n in range(len(lengths)) for inner in combinations(places, n)]
    assert price(cut(lengths, cost)) == min(map(price, ways))
