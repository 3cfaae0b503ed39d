"""The square grid that a vision tower's patches form."""

from __future__ import annotations

from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from emobench_data.io.errors import InputError

from .options import FAMILY


def grid_side(patches: int, tokens: int = 0) -> int:
    """The side of the square grid that a vision tower's `patches` form, to be condensed to `tokens` (0: not).

    Raises:
        InputError: they form none, have a class token before them, or are fewer than `tokens`.
    """
    side = int(patches**0.5 + 0.5)  # isqrt has no place in a compiled graph whose sizes vary
    if side**2 != patches:
        gives = f"projector {FAMILY}: the vision tower gives {patches} tokens, which are no square grid of patches"
        if isqrt(patches - 1) ** 2 == patches - 1:
            raise InputError(f"{gives}, but one and a class token; say --mm_vision_select_feature patch")
        raise InputError(f"{gives}; take a tower of square images and patches, or --mm_projector_type mlp2x_gelu")
    if tokens > patches:
        raise InputError(f"projector option tokens={tokens}: the vision tower gives {patches} patches; take fewer")
    return side


def pool(patches: Tensor, tokens: int) -> Tensor:
    """Average a square grid of patches to a smaller one: (B, N, C) -> (B, tokens, C)."""
    side = grid_side(patches.shape[1])
    grid = patches.transpose(1, 2).unflatten(2, (side, side))
    # Laid out anew, since the matrix products of inference engines (vLLM on a CPU) take nothing else.
    return F.adaptive_avg_pool2d(grid, isqrt(tokens)).flatten(2).transpose(1, 2).contiguous()


def mirrored(patches: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the grids, drawn by `generator`, with left and right exchanged: (B, N, C) -> (B, N, C).

    Not quite what the encoder gives of a mirrored picture: it also knows left from right within a patch.
    """
    side = grid_side(patches.shape[1])
    grid = patches.unflatten(1, (side, side))
    turned = torch.rand(len(patches), generator=generator).to(patches.device) < 0.5
    return torch.where(turned[:, None, None, None], grid.flip(2), grid).flatten(1, 2)
