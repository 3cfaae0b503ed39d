"""The keys and values of what a decoder has read: tuples on transformers 4.37, `Cache` objects on 5."""

from __future__ import annotations

import copy

from torch import Tensor


def pick_rows(cache, rows: Tensor):
    """A new cache whose row i is row `rows[i]` of `cache`, which stays as it is.

    Args:
        cache: what a base model returns as `past_key_values`, each tensor (B, heads, N, C).
        rows: (R,), any rows in any order, also one several times.
    """
    if isinstance(cache, tuple):
        return tuple(tuple(tensor.index_select(0, rows) for tensor in layer) for layer in cache)
    picked = copy.copy(cache)
    picked.layers = [copy.copy(layer) for layer in cache.layers]
    picked.reorder_cache(rows)
    return picked
