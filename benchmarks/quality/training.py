"""One arm on one cell: align, train the projector in front of the language model, answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from emollm_plugin.alignment.align import Words, align
from emollm_plugin.alignment.pairs import draw_pairs
from emollm_plugin.alignment.settle import settle

from ..shared.language import LanguageModel
from ..shared.loop import train_loop
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


def train(
    projector: nn.Module,
    model: LanguageModel,
    arm: Arm,
    features: Mapping[str, Tensor],
    items: list[Item],
    *,
    steps: int,
    seed: int,
    quiet: bool = False,
) -> float:
    """Train `projector` and the model's adapter in place, AdamW and a cosine; returns the mean loss of the last quarter."""
    samples = {item.id: model.sample(item) for item in items}

    def loss(some: list[Item]) -> Tensor:
        return model.loss(projector(stacked(features, some).to(model.device)), [samples[item.id] for item in some])

    parts = [{"params": list(projector.parameters()), "lr": arm.rate}, {"params": model.adapters, "lr": arm.lora}]
    model.model.train(bool(model.adapters))
    last = train_loop(parts, items, loss, steps=steps, seed=seed, quiet=quiet)
    model.model.eval()
    return last


def answer(
    projector: nn.Module, model: LanguageModel, features: Mapping[str, Tensor], items: list[Item], quiet: bool = False
) -> dict[str, str]:
    """Item id -> the likeliest option."""
    given: dict[str, str] = {}
    for start in tqdm(range(0, len(items), model.asked), desc="answering", mininterval=5, disable=quiet or None):
        some = items[start : start + model.asked]
        with torch.inference_mode():
            visual = projector(stacked(features, some).to(model.device))
        given |= {item.id: option for item, option in zip(some, model.answers(visual, some))}
    return given


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
    with model.adapted(seed) if arm.lora else nullcontext():
        loss = train(projector, model, arm, features, cell.train, steps=steps, seed=seed, quiet=quiet)
        return answer(projector, model, features, cell.test, quiet), loss
