"""Projectors to compare: ours by its options, and our own short writing of what others' papers describe."""

from __future__ import annotations

from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions


def ours(in_dim: int, out_dim: int, options: str = "") -> MultiPerspectiveProjector:
    """Our projector, by the options of a type string such as `tokens=144`."""
    return MultiPerspectiveProjector(in_dim, out_dim, ProjectorOptions.parse(f"multiperspective:{options}"))


def mlp2x(in_dim: int, out_dim: int) -> nn.Sequential:
    """LLaVA-1.5's projector, arXiv 2310.03744: (B, N, in_dim) -> (B, N, out_dim)."""
    return nn.Sequential(nn.Linear(in_dim, out_dim), nn.GELU(), nn.Linear(out_dim, out_dim))


class PoolMlp(nn.Module):
    """Average pooling on the grid, then the MLP (DeCo, arXiv 2405.20985): (B, N, in_dim) -> (B, tokens, out_dim)."""

    def __init__(self, in_dim: int, out_dim: int, tokens: int) -> None:
        super().__init__()
        self.side, self.mlp = isqrt(tokens), mlp2x(in_dim, out_dim)

    def forward(self, patches: Tensor) -> Tensor:
        return self.mlp(F.adaptive_avg_pool2d(_as_map(patches), self.side).flatten(2).transpose(1, 2))


class Resampler(nn.Module):
    """Flamingo's Perceiver resampler (arXiv 2204.14198), without its time embeddings.

    (B, N, in_dim) -> (B, tokens, out_dim). Learned queries read patches and themselves through `depth` layers of
    attention, heads of 64, and a feed-forward of four times the width; a linear layer leads to the LLM.
    """

    def __init__(self, in_dim: int, out_dim: int, tokens: int, depth: int = 6) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(tokens, in_dim) * 0.02)
        self.layers = nn.ModuleList(nn.ModuleList([_Read(in_dim), _feed_forward(in_dim)]) for _ in range(depth))
        self.out = nn.Sequential(nn.LayerNorm(in_dim), nn.Linear(in_dim, out_dim))

    def forward(self, patches: Tensor) -> Tensor:
        latents = self.queries.expand(len(patches), -1, -1)
        for read, feed in self.layers:
            latents = latents + read(latents, patches)
            latents = latents + feed(latents)
        return self.out(latents)


class _Read(nn.Module):
    def __init__(self, width: int, head: int = 64) -> None:
        super().__init__()
        self.head = head
        self.norm_latents, self.norm_patches = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_query = nn.Linear(width, width, bias=False)
        self.to_key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, latents: Tensor, patches: Tensor) -> Tensor:
        latents, patches = self.norm_latents(latents), self.norm_patches(patches)
        key, value = self.to_key_value(torch.cat([patches, latents], dim=1)).chunk(2, dim=-1)
        parts = (part.unflatten(-1, (-1, self.head)).transpose(1, 2) for part in (self.to_query(latents), key, value))
        return self.out(F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2))


def _feed_forward(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 4 * width, bias=False), nn.GELU(), nn.Linear(4 * width, width, bias=False)
    )


class CAbstractor(nn.Module):
    """Honeybee's C-Abstractor (arXiv 2312.06742): (B, N, in_dim) -> (B, tokens, out_dim).

    `depth` residual blocks of convolutions, average pooling to the tokens, as many blocks again, and an MLP. A block
    is RegNet's bottleneck, as in Honeybee's code: 1x1, depthwise 3x3, squeeze and excitation, 1x1.
    """

    def __init__(self, in_dim: int, out_dim: int, tokens: int, patches: int, depth: int = 3) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.zeros(patches, in_dim))
        self.before = nn.Sequential(*(_RegBlock(in_dim) for _ in range(depth)))
        self.pool = nn.AdaptiveAvgPool2d(isqrt(tokens))
        self.after = nn.Sequential(*(_RegBlock(in_dim) for _ in range(depth)))
        self.mlp = nn.Sequential(nn.Linear(in_dim, out_dim), nn.SiLU(), nn.Linear(out_dim, out_dim))

    def forward(self, patches: Tensor) -> Tensor:
        grid = self.after(self.pool(self.before(_as_map(patches + self.position))))
        return self.mlp(grid.flatten(2).transpose(1, 2))


class _RegBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        less = width // 4
        self.first = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False),
            _norm(width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            _norm(width),
            nn.SiLU(),
        )
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, less, 1), nn.ReLU(), nn.Conv2d(less, width, 1), nn.Sigmoid()
        )
        self.last = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), _norm(width))

    def forward(self, grid: Tensor) -> Tensor:
        x = self.first(grid)
        return F.silu(self.last(x * self.excite(x)) + grid)


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(1, width)


def _as_map(patches: Tensor) -> Tensor:
    side = isqrt(patches.shape[1])
    return patches.transpose(1, 2).unflatten(2, (side, side))
