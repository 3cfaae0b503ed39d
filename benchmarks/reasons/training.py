"""One training: its projector, where there are pictures, and the adapter of the language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emobench_data.schema.questions import Question
from emollm_plugin.alignment.align import Words

from ..quality.arms import Arm as Recipe
from ..quality.training import build, stacked, turns_of, warm
from ..shared.language import LanguageModel
from ..shared.loop import train_loop
from .data import Item


@dataclass(frozen=True)
class Pictured:
    """What a data set with pictures trains on beside its texts."""

    features: Mapping[str, Tensor]
    words: Words


def start(model: LanguageModel, recipe: Recipe, pictured: Pictured | None, items: list[Item], seed: int) -> nn.Module | None:
    """A fresh projector, aligned with the labels of `items`; None for text."""
    if pictured is None:
        return None
    projector = build(recipe, next(iter(pictured.features.values())), model.width, seed).to(model.device)
    warm(projector, recipe, pictured.features, turns_of(items), pictured.words, seed)
    return projector


def train(
    model: LanguageModel,
    recipe: Recipe,
    projector: nn.Module | None,
    pictured: Pictured | None,
    items: list[Item],
    *,
    steps: int,
    seed: int,
    quiet: bool,
) -> float:
    """Train `projector` and the model's adapter in place; returns the last training loss."""
    samples = {item.id: model.sample(item, image=bool(item.image)) for item in items}

    def loss(some: list[Item]) -> Tensor:
        seen = None
        if projector is not None and pictured is not None:
            seen = projector(stacked(pictured.features, some).to(model.device))
        return model.loss(seen, [samples[item.id] for item in some])

    parts = [{"params": model.adapters, "lr": recipe.lora}]
    parts += [{"params": list(projector.parameters()), "lr": recipe.rate}] if projector is not None else []
    model.model.train()
    last = train_loop(parts, items, loss, steps=steps, seed=seed, quiet=quiet)
    model.model.eval()
    return last


def looker(
    model: LanguageModel, projector: nn.Module | None, pictured: Pictured | None
) -> Callable[[Sequence[Question]], Sequence[Tensor | None]]:
    """A function from questions to the visual tokens of each, (N, C), None for text."""

    def look(questions: Sequence[Question]) -> Sequence[Tensor | None]:
        if projector is None or pictured is None:
            return [None] * len(questions)
        return list(projector(stacked(pictured.features, questions).to(model.device)))

    return look


def train_and_look(
    model: LanguageModel, recipe: Recipe, pictured: Pictured | None, items: list[Item], *, steps: int, seed: int, quiet: bool
) -> tuple[Callable[[Sequence[Question]], Sequence[Tensor | None]], float]:
    """Train within `model.adapted`; what then looks at questions, and the last training loss."""
    torch.manual_seed(seed)
    projector = start(model, recipe, pictured, items, seed)
    loss = train(model, recipe, projector, pictured, items, steps=steps, seed=seed, quiet=quiet)
    return looker(model, projector, pictured), loss
