"""The keys and values of what a decoder has read: tuples on transformers 4.37, `Cache` objects on 5."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .config import before_5


def pick_rows(cache: Any, rows: Tensor) -> Any:
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


def join_rows(caches: Sequence[Any], start: int) -> Any:
    """One cache with the rows of several, in that order; in shorter ones zeros stand from position `start` on.

    Args:
        caches: as in `pick_rows`, without layers that keep a window of positions only.
    """
    first = caches[0]
    plain = isinstance(first, tuple)
    layers = [cache if plain else [(each.keys, each.values) for each in cache.layers] for cache in caches]
    joined = [tuple(_join(tensors, start) for tensors in zip(*same)) for same in zip(*layers)]
    if plain:
        return tuple(joined)
    made = copy.copy(first)
    made.layers = [copy.copy(layer) for layer in first.layers]
    for layer, (keys, values) in zip(made.layers, joined):
        layer.keys, layer.values = keys, values
    return made


def padding_confuses_several(mask: Tensor) -> bool:
    """transformers < 5: whether several tokens read at once after `mask` (B, N) would be masked wrongly.

    Where a row begins with padding, its fused attention (4.37, `_unmask_unattended`) takes the padding's places among all
    positions for places among the new tokens: it lets these see what follows them, or raises IndexError.
    """
    return before_5() and not bool(mask[:, 0].all())


def _join(tensors: Sequence[Tensor], start: int) -> Tensor:
    longest = max(each.shape[2] for each in tensors)
    padded = [F.pad(each[:, :, start:], (0, 0, longest - each.shape[2], 0)) for each in tensors]
    return torch.cat([torch.cat([each[:, :, :start], rest], dim=2) for each, rest in zip(tensors, padded)])
