"""How large a batch is, and how it is read in parts of like length."""

from itertools import combinations
from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.evaluation.reader import cut
from emollm_plugin.evaluation.run import default_batch


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


@pytest.mark.parametrize(("layers", "heads", "dtype", "size"), [(30, 3, torch.float32, 64), (32, 32, torch.float16, 16)])
def test_a_small_model_gets_a_large_batch(layers, heads, dtype, size):
    config = SimpleNamespace(
        num_hidden_layers=layers, num_key_value_heads=heads, num_attention_heads=3 * heads, hidden_size=3 * heads * 64
    )
    assert default_batch(SimpleNamespace(config=config, dtype=dtype)) == size
