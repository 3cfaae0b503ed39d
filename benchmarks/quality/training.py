"""One arm on one cell: align, train the projector in front of the language model, answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from random import Random
from types import SimpleNamespace

import torch
from torch import Tensor, nn
from tqdm import tqdm

from emollm_plugin.alignment.align import Words, align
from emollm_plugin.alignment.pairs import draw_pairs
from emollm_plugin.alignment.residual import scale_residual

from .arms import Arm
from .data import Cell, Item
from .model import LanguageModel

BATCH = 8
ALIGNMENT = {"learning_rate": 1e-3, "batch": 16}  # `emollm align`'s own


def build(arm: Arm, patches: Tensor, width: int, seed: int) -> nn.Module:
    """A fresh projector by the host's builder, for patches (N, C), on the CPU."""
    from llava.model.multimodal_projector.builder import build_vision_projector

    torch.manual_seed(seed)
    config = SimpleNamespace(mm_projector_type=arm.projector, mm_hidden_size=patches.shape[-1], hidden_size=width)
    return build_vision_projector(config).float()


def warm(projector: nn.Module, arm: Arm, features: Mapping[str, Tensor], items: list[Item], words: Words, seed: int) -> None:
    """Word alignment, on the pictures that training sees."""
    turns = [{"image": item.image, "conversations": [{}, {"value": item.answer}]} for item in items]
    pairs = draw_pairs(turns, most=len(turns), seed=seed)
    align(projector, features, pairs, words, steps=arm.alignment, seed=seed, **ALIGNMENT)
    scale_residual(projector, words, arm.beside)


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
    parts = [{"params": list(projector.parameters()), "lr": arm.rate}, {"params": model.adapters, "lr": arm.lora}]
    optimizer = torch.optim.AdamW([part for part in parts if part["params"]], weight_decay=0.0)
    trained = [value for part in parts for value in part["params"]]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    rng, queue, losses = Random(seed), [], []
    model.model.train(bool(model.adapters))
    for _ in tqdm(range(steps), desc="training", mininterval=5, disable=quiet or None):
        if len(queue) < BATCH:
            queue = rng.sample(items, len(items)) + queue
        some, queue = queue[-BATCH:], queue[:-BATCH]
        loss = model.loss(projector(stacked(features, some).to(model.device)), [samples[item.id] for item in some])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    model.model.eval()
    return sum(losses[-(steps // 4 or 1) :]) / len(losses[-(steps // 4 or 1) :])


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
        warm(projector, arm, features, cell.train, words, seed)
    with model.adapted(seed) if arm.lora else nullcontext():
        loss = train(projector, model, arm, features, cell.train, steps=steps, seed=seed, quiet=quiet)
        return answer(projector, model, features, cell.test, quiet), loss
