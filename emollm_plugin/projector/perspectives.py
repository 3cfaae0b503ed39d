"""Perspectives on an image's patch tokens. The cut into these is our reading; the paper's abstract names none."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .grid import pool


class Objects(nn.Module):
    """A few learned slots compete for patches (after slot attention, arXiv 2006.15055, one round, our reading).

    (B, N, in_dim) -> (B, slots, width)
    """

    # Cosines lie in [-1, 1]; times ten, one slot can win a patch and none wins all of them at the start.
    SHARPNESS = 10.0

    def __init__(self, in_dim: int, width: int, slots: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(in_dim)
        self.queries = nn.Parameter(torch.randn(slots, in_dim) * in_dim**-0.5)
        self.proj = nn.Linear(in_dim, width)

    def forward(self, patches: Tensor) -> Tensor:
        shares, patches = self.attend(patches)
        # Dividing by a slot's sum makes a mean of its patches; in float16 a slot that wins nothing has a sum of zero.
        won = shares.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(shares.dtype).tiny)
        return self.proj(torch.bmm(shares / won, patches))

    def attend(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """The share of each patch that a slot takes, (B, slots, N), 1 over the slots; and the patches, normalised."""
        patches, least = self.norm(patches), torch.finfo(patches.dtype).tiny  # torch's own 1e-12 is zero in float16
        queries = self.SHARPNESS * F.normalize(self.queries, dim=-1, eps=least)
        # Divided by the patches' lengths afterwards: patches of length one would be a second copy of them all.
        cosines = F.linear(patches, queries) / (patches.norm(dim=-1, keepdim=True) + least)
        # The softmax over slots makes them compete.
        return cosines.softmax(dim=-1).transpose(1, 2), patches


class Relations(nn.Module):
    """How the slots stand to one another: one pre-norm attention block over them.

    (B, slots, width) -> (B, slots, width)
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, slots: Tensor) -> Tensor:
        weights, values = self.attend(slots)
        return slots + self.out(torch.bmm(weights, values))

    def attend(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        """How much each slot takes from each other, (B, slots, slots), rows sum to 1; and what it takes, the values."""
        query, key, values = self.to_qkv(self.norm(slots)).chunk(3, dim=-1)
        return (torch.bmm(query, key.transpose(1, 2)) * query.shape[-1] ** -0.5).softmax(dim=-1), values


class Atmosphere(nn.Module):
    """Tone, contrast and texture of the whole image: mean, spread and neighbour difference of the patch tokens.

    (B, N, in_dim) -> (B, 1, width); patches are in raster order, so neighbours in the sequence are neighbours in a row.
    """

    def __init__(self, in_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(3 * in_dim)
        self.proj = nn.Linear(3 * in_dim, width)

    def forward(self, patches: Tensor) -> Tensor:
        tone, contrast, texture = self.differences(patches)
        texture = texture.sum(dim=1) / max(texture.shape[1], 1)  # of a single patch, none
        return self.proj(self.norm(torch.cat([tone, contrast.mean(dim=1), texture], dim=-1)))[:, None]

    def differences(self, patches: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tone (B, in_dim), each patch's distance from it (B, N, in_dim) and from the one before (B, N - 1, in_dim)."""
        tone = patches.mean(dim=1)
        return tone, _apart(patches, tone[:, None].expand_as(patches)), _apart(patches[:, 1:], patches[:, :-1])


def _apart(first: Tensor, second: Tensor) -> Tensor:
    """`(first - second).abs()` to the bit, in one pass over them."""
    # Under autocast a loss is in float32.
    return F.smooth_l1_loss(first, second, reduction="none", beta=torch.finfo(torch.float32).tiny).to(first.dtype)


class Layout(nn.Module):
    """What is where: the image in 4 x 4 cells, each with weights of its own, which the content's shared MLP cannot have.

    (B, N, in_dim) -> (B, 1, width)
    """

    CELLS = 16

    def __init__(self, in_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(self.CELLS * in_dim)
        self.proj = nn.Linear(self.CELLS * in_dim, width)

    def forward(self, patches: Tensor) -> Tensor:
        return self.proj(self._cells(patches))[:, None]

    def lengths(self, patches: Tensor) -> Tensor:
        """How long the vector is that each cell brings to `forward`'s sum: (B, CELLS)."""
        cells, weights = (each.unflatten(1, (self.CELLS, -1)) for each in (self._cells(patches), self.proj.weight))
        return torch.einsum("bcd,wcd->bcw", cells, weights).norm(dim=-1)

    def _cells(self, patches: Tensor) -> Tensor:
        return self.norm(pool(patches, self.CELLS).flatten(1))


class Values(nn.Linear):
    """What a perspective adds: zero at the start, so that a fresh projector equals `mlp2x_gelu` exactly.

    A gate at zero would do that as well, but under AdamW it moves by about the rate a step, and at a projector's 2e-5 it
    never opens; a layer of `width` inputs does (as zero-convolutions, arXiv 2302.05543). Its outputs move by the rate times
    `width` a step, which at 1e-3 drowns the content; the gate before it begins at `width ** -0.5` (benchmarks/QUALITY.md).
    """

    def reset_parameters(self) -> None:
        # Here and not by its owner: under ZeRO-3 a layer is partitioned as soon as it is made.
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def open(self) -> None:
        """Begin with random values, as any linear layer, where nothing is there to disturb."""
        super().reset_parameters()


class GatedRead(nn.Module):
    """What content tokens read of a perspective by attention, through values that start at zero.

    context (B, K, width) -> keys (B, K, in_dim), values (B, K, out_dim), for `fuse`

    Both are made from the few context tokens, so nothing but the attention itself grows with N. The gate scales channels; in
    checkpoints of before it is near zero and the values are random, which means what it meant.
    """

    def __init__(self, in_dim: int, out_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.to_key = nn.Linear(width, in_dim, bias=False)
        self.to_value = Values(width, out_dim)
        self.gate = nn.Parameter(torch.full((out_dim,), width**-0.5))

    def forward(self, context: Tensor) -> tuple[Tensor, Tensor]:
        context = self.norm(context)
        return self.to_key(context), self.gate * self.to_value(context)


class GatedAdd(nn.Module):
    """What content tokens take in of one context token, for all of them or for each, through values that start at zero.

    context (B, 1 or N, width) -> (B, 1 or N, out_dim), to be added; the gate as in `GatedRead`.
    """

    def __init__(self, out_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.to_value = Values(width, out_dim)
        self.gate = nn.Parameter(torch.full((out_dim,), width**-0.5))

    def forward(self, context: Tensor) -> Tensor:
        return self.gate * self.to_value(self.norm(context))
