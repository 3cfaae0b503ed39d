"""How pictures and voices become tokens: the projectors of all arms, and their alignment with the words of the labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from emollm_plugin.alignment.align import Words, draw_to_words, trained_parts
from emollm_plugin.alignment.pairs import Pair
from emollm_plugin.alignment.settle import settle
from emollm_plugin.alignment.sounds import align_sounds
from emollm_plugin.media.hearing import build_projector
from emollm_plugin.projector.grid import mirrored, pool
from emollm_plugin.projector.sound import project

from ..quality.data import Item
from ..quality.logistic import by_cells
from .arms import CELLS, HEARD, SEEN, projector_type

TOKENS = {"pictures": 4, "voices": 16}
GRID = 16
ALIGNMENT: dict[str, Any] = {"learning_rate": 1e-3, "batch": 16}


class Sense(Protocol):
    """What a set asks of its medium."""

    def build(self, kind: str, width: int, seed: int) -> nn.Module:
        """A fresh projector to the `width` of the language model."""

    def align(
        self, projector: nn.Module, items: Sequence[Item], words: Words, *, steps: int, residual: float, seed: int
    ) -> None:
        """Train it in place with the labels of `items`."""

    def tokens(self, projector: nn.Module, items: Sequence[Item]) -> Sequence[Tensor] | Tensor:
        """What the language model sees of each item, (N, C)."""

    def flat(self) -> Callable[[Item], np.ndarray]:
        """What logistic regression sees of an item, (C,)."""


def _pairs(items: Sequence[Item]) -> list[Pair]:
    return [Pair(item.image, item.answer) for item in items]


class Cells(nn.Sequential):
    """The cells of a grid side by side, through one MLP to as many tokens: (B, N, C) -> (B, tokens, width)."""

    def __init__(self, in_dim: int, width: int, tokens: int) -> None:
        super().__init__(
            nn.Linear(GRID * in_dim, tokens * width), nn.GELU(), nn.Unflatten(-1, (tokens, width)), nn.Linear(width, width)
        )

    def forward(self, patches: Tensor) -> Tensor:
        return super().forward(pool(patches, GRID).flatten(1))


class Pictures:
    """Patch tokens (N, C) by path, a square grid each."""

    def __init__(self, features: Mapping[str, Tensor], device: torch.device) -> None:
        self.features, self.device = features, device

    def build(self, kind: str, width: int, seed: int) -> nn.Module:
        """See `Sense`."""
        from llava.model.multimodal_projector.builder import build_vision_projector

        torch.manual_seed(seed)
        in_dim, tokens = next(iter(self.features.values())).shape[-1], TOKENS["pictures"]
        if kind == CELLS:
            return Cells(in_dim, width, tokens).to(self.device)
        named = projector_type(kind, tokens, SEEN)
        config = SimpleNamespace(mm_projector_type=named, mm_hidden_size=in_dim, hidden_size=width)
        return build_vision_projector(config).float().to(self.device)

    def align(
        self, projector: nn.Module, items: Sequence[Item], words: Words, *, steps: int, residual: float, seed: int
    ) -> None:
        """See `Sense`; half of the grids are mirrored for every arm."""
        mirrors = torch.Generator().manual_seed(seed)

        def tokens(some: list[Pair], training: bool) -> Tensor:
            patches = self._patches([pair.medium for pair in some])
            return projector(mirrored(patches, mirrors) if training else patches)

        draw_to_words(
            nn.ModuleList(trained_parts(projector)), tokens, _pairs(items), words, steps=steps, seed=seed, **ALIGNMENT
        )
        settle(projector, words, 1.0, residual)

    def tokens(self, projector: nn.Module, items: Sequence[Item]) -> Tensor:
        """See `Sense`."""
        return projector(self._patches([item.image for item in items]))

    def flat(self) -> Callable[[Item], np.ndarray]:
        """4 x 4 cells side by side."""
        return by_cells(self.features, GRID)

    def _patches(self, names: Sequence[str]) -> Tensor:
        return torch.stack([self.features[name] for name in names]).float().to(self.device)


class Voices:
    """Positions (P, C) of an audio encoder by path."""

    def __init__(self, features: Mapping[str, Tensor], device: torch.device) -> None:
        self.features, self.device = features, device

    def build(self, kind: str, width: int, seed: int) -> nn.Module:
        """See `Sense`; there are no cells."""
        torch.manual_seed(seed)
        in_dim, named = next(iter(self.features.values())).shape[-1], projector_type(kind, TOKENS["voices"], HEARD)
        config = SimpleNamespace(mm_audio_projector_type=named, mm_audio_hidden_size=in_dim, hidden_size=width)
        return build_projector(config).float().to(self.device)

    def align(
        self, projector: nn.Module, items: Sequence[Item], words: Words, *, steps: int, residual: float, seed: int
    ) -> None:
        """See `Sense`; tokens come to the length of words."""
        aligned = align_sounds(projector, dict(self.features), _pairs(items), words, steps=steps, seed=seed, **ALIGNMENT)
        settle(projector, words, aligned.reach, residual)

    def tokens(self, projector: nn.Module, items: Sequence[Item]) -> list[Tensor]:
        """See `Sense`."""
        return project(projector, [self.features[item.image].float().to(self.device) for item in items])

    def flat(self) -> Callable[[Item], np.ndarray]:
        """Mean and spread over time."""
        return self._mean_and_spread

    def _mean_and_spread(self, item: Item) -> np.ndarray:
        positions = self.features[item.image].float()
        return torch.cat([positions.mean(0), positions.std(0, correction=0)]).numpy()
