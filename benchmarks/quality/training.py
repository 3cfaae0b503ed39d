"""One arm on one cell: align, train the projector in front of the language model, answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from emollm_plugin.alignment.align import Words, align
from emollm_plugin.alignment.pairs import draw_pairs
from emollm_plugin.alignment.settle import settle

from ..shared.fit import fit, likeliest
from ..shared.language import LanguageModel
from .arms import Arm
from .data import Cell, Item

ALIGNMENT = {"learning_rate": 1e-3, "batch": 16}  # `emollm align`'s own


def build(arm: Arm, patches: Tensor, width: int, seed: int) -> nn.Module:
    """A fresh projector by the host's builder, for patches (N, C), on the CPU."""
    from llava.model.multimodal_projector.builder import build_vision_projector

    torch.manual_seed(seed)
    config = SimpleNamespace(mm_projector_type=arm.projector, mm_hidden_size=patches.shape[-1], hidden_size=width)
    return build_vision_projector(config).float()


def warm(
    projector: nn.Module, arm: Arm, features: Mapping[str, Tensor], turns: list[dict[str, Any]], words: Words, seed: int
) -> None:
    """Word alignment, on the pictures that training sees; `turns` as in LLaVA's training JSON."""
    pairs = draw_pairs(turns, most=len(turns), seed=seed)
    align(projector, features, pairs, words, steps=arm.alignment, seed=seed, **ALIGNMENT)
    settle(projector, words, 1.0, arm.beside)  # the record's trainings left tokens as long as they came out


def turns_of(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Items as word alignment reads them."""
    return [{"image": item.image, "conversations": [{}, {"value": item.answer}]} for item in items]


def stacked(features: Mapping[str, Tensor], items: list[Item]) -> Tensor:
    """Patches of the items' pictures, (B, N, C)."""
    return torch.stack([features[item.image] for item in items]).float()


def run(
    arm: Arm,
    cell: Cell,
    model: LanguageModel,
    features: Mapping[str, Tensor],
    words: Words,
    *,
    steps: int,
    seed: int,
    quiet: bool = False,
) -> tuple[dict[str, str], float]:
    """Answers of one arm to the cell's test items, and its last training loss; `quiet` draws no progress bars."""
    projector = build(arm, next(iter(features.values())), model.width, seed).to(model.device)
    if arm.alignment:
        warm(projector, arm, features, turns_of(cell.train), words, seed)

    def tokens(items: list[Item]) -> Tensor:
        return projector(stacked(features, items).to(model.device))

    how = {"rate": arm.rate, "adapter_rate": arm.lora, "steps": steps, "seed": seed, "quiet": quiet}
    with model.adapted(seed) if arm.lora else nullcontext():
        loss = fit(model, tokens, projector, cell.train, **how)
        return likeliest(model, tokens, cell.test, quiet), loss
