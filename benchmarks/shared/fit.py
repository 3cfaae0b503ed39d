"""A projector and an adapter trained in front of the language model, and what it answers then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from .language import LanguageModel
from .loop import train_loop

# Items -> the visual tokens of each, (N, C), None for text alone.
Tokens = Callable[[list], Sequence[Tensor] | Tensor | None]


def fit(
    model: LanguageModel,
    tokens: Tokens,
    projector: nn.Module | None,
    items: list[Any],
    *,
    rate: float,
    adapter_rate: float,
    steps: int,
    seed: int,
    quiet: bool = False,
) -> float:
    """Train `projector` and the model's adapter in place, AdamW and a cosine; returns the mean loss of the last quarter."""
    samples = {item.id: model.sample(item, image=bool(item.image)) for item in items}

    def loss(some: list[Any]) -> Tensor:
        return model.loss(tokens(some), [samples[item.id] for item in some])

    parts = [{"params": list(projector.parameters()) if projector is not None else [], "lr": rate}]
    parts += [{"params": model.adapters, "lr": adapter_rate}]
    model.model.train(bool(model.adapters))
    last = train_loop(parts, items, loss, steps=steps, seed=seed, quiet=quiet)
    model.model.eval()
    return last


def likeliest(model: LanguageModel, tokens: Tokens, items: list[Any], quiet: bool = False) -> dict[str, str]:
    """Item id -> the likeliest of its options."""
    given: dict[str, str] = {}
    for start in tqdm(range(0, len(items), model.asked), desc="answering", mininterval=5, disable=quiet or None):
        some = items[start : start + model.asked]
        with torch.inference_mode():
            visual = tokens(some)
        given |= {item.id: option for item, option in zip(some, model.answers(visual, some))}
    return given
