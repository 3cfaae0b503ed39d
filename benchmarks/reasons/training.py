"""One training: its projector, where there are pictures, and the adapter of the language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from emobench_data.schema.questions import Question
from emollm_plugin.alignment.align import Words

from ..quality.arms import Arm as Recipe
from ..quality.training import build, stacked, turns_of, warm
from ..shared.fit import fit
from ..shared.language import LanguageModel
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


def train_and_look(
    model: LanguageModel, recipe: Recipe, pictured: Pictured | None, items: list[Item], *, steps: int, seed: int, quiet: bool
) -> tuple[Callable[[Sequence[Question]], Sequence[Tensor | None]], float]:
    """Train within `model.adapted`; what then looks at questions, and the last training loss."""
    torch.manual_seed(seed)
    projector = start(model, recipe, pictured, items, seed)

    def tokens(some: Sequence[Any]) -> Tensor | None:
        if projector is None or pictured is None:
            return None
        return projector(stacked(pictured.features, some).to(model.device))

    def look(questions: Sequence[Question]) -> Sequence[Tensor | None]:
        seen = tokens(questions)
        return [None] * len(questions) if seen is None else list(seen)

    how = {"rate": recipe.rate, "adapter_rate": recipe.lora, "steps": steps, "seed": seed, "quiet": quiet}
    return look, fit(model, tokens, projector, items, **how)
