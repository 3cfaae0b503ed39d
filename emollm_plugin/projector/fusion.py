"""All reads of a projector at once: one product for what tokens look for, one for what they take (our own).

Every read adds to the content and none looks at it, so their keys stand side by side, and so do their values.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# What a read brings: keys (B, K, in_dim) and values (B, K, out_dim); or values alone, (B, 1 or N, out_dim), for every token
# or for each.
Brought = tuple[Tensor, Tensor] | Tensor


def fuse(content: Tensor, patches: Tensor, brought: Sequence[Brought]) -> Tensor:
    """Content tokens (B, N, out_dim), of patches (B, N, in_dim), with all that reads bring -> (B, N, out_dim)."""
    keyed = [each for each in brought if isinstance(each, tuple)]
    plain = [each for each in brought if isinstance(each, Tensor)]
    if not keyed:
        return content + sum(plain[1:], plain[0]) if plain else content
    # What is for every token is a read with one key, of which each takes all.
    whole = [values for values in plain if values.shape[1] == 1]
    content = sum((values for values in plain if values.shape[1] != 1), content)
    ones = torch.ones((), dtype=content.dtype, device=content.device).expand(*content.shape[:2], len(whole))
    weights = torch.cat([*weigh(patches, [keys for keys, _ in keyed]), ones], dim=-1)
    return torch.baddbmm(content, weights, torch.cat([*(values for _, values in keyed), *whole], dim=1))


def weigh(patches: Tensor, keys: Sequence[Tensor]) -> list[Tensor]:
    """How much patches (B, N, in_dim) take from the keys (B, K, in_dim) of each read: (B, N, K) of each, rows sum to 1."""
    looked_for = torch.cat([*keys], dim=1) * patches.shape[-1] ** -0.5
    scores = torch.bmm(patches, looked_for.transpose(1, 2))
    return [each.softmax(dim=-1) for each in scores.split([each.shape[1] for each in keys], dim=-1)]
