"""Points among a frozen language model's word embeddings where it reads the labels, for word alignment to aim at.

A small language model that is shown the embedding of a label's word in a picture's place does not answer with that word
(SmolLM2-135M gives the first option of the list, benchmarks/QUALITY.md), and a short training of the projector through
it spends its steps on that. Here each label's point, its mean word embedding at first, is moved until the model answers
with the label, as prompt tuning (arXiv 2104.08691) moves a prompt; no picture is needed for it. A picture's tokens will
lie between points, so the model learns nothing and the points are trained on mixtures: the largest share is the answer.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from .frozen import Frozen

RATE = 3e-2  # 1e-2 and 6e-2 were slower
ROWS = 8  # mixtures in a step
SPREAD = (1.0, 4.0)  # of the logits of a mixture's shares, from even to nearly pure
SHARPNESS = 2.0  # times a squared distance, in units of the points' own spread
BETWEEN = 0.3  # weight of the distance from the points' plane, where the model has learned to read
SHRINK = 0.1  # times the fresh projector's last weights, which put tokens far from all points


@dataclass(frozen=True)
class Points:
    """Where a language model reads labels.

    Args:
        labels: the labels in a fixed order.
        places: a point each, (L, C).
    """

    labels: list[str]
    places: Tensor

    @property
    def spread(self) -> Tensor:
        """Mean squared distance of the points from their mean."""
        return (self.places - self.places.mean(dim=0)).pow(2).sum(dim=1).mean()

    def logits(self, tokens: Tensor) -> Tensor:
        """Visual tokens (B, N, C) -> (B, L)."""
        return -SHARPNESS * (tokens.mean(dim=1)[:, None] - self.places).pow(2).sum(dim=2) / self.spread

    def loss(self, tokens: Tensor, answers: Tensor) -> Tensor:
        """Cross entropy of visual tokens (B, N, C) against places of labels (B,), and their distance from between points."""
        logits = self.logits(tokens)
        between = (logits.detach().softmax(dim=1) @ self.places)[:, None]
        apart = (tokens - between).pow(2).sum(dim=2).mean() / self.spread
        return F.cross_entropy(logits, answers) + BETWEEN * apart


def points_of(frozen: Frozen, questions: Mapping[str, Sequence[str]], start: Tensor, *, tokens: int, steps: int,
              seed: int) -> Points:  # fmt: skip
    """Where a frozen language model reads labels that are answers to questions.

    Args:
        questions: by label.
        start: a point for each label in that order, (L, C).
        tokens: how many visual tokens a picture has.
    """
    rng = random.Random(seed)

    def loss(visual: Tensor, labels: list[str]) -> Tensor:
        return frozen.loss(visual, [frozen.sample(rng.choice(questions[label]), label) for label in labels])

    return read_points(list(questions), start, loss, tokens=tokens, steps=steps, seed=seed)


def read_points(labels: Sequence[str], start: Tensor, loss: Callable[[Tensor, list[str]], Tensor], *, tokens: int,
                steps: int, seed: int) -> Points:  # fmt: skip
    """Move each label's point until a frozen language model reads it.

    Args:
        start: a point each, (L, C), in float32.
        loss: of visual tokens (B, N, C) and the B labels that are to be answered.
        tokens: how many visual tokens a picture has.
    """
    places = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([places], lr=RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    generator, rng, queue = torch.Generator().manual_seed(seed), random.Random(seed), []
    progress = tqdm(range(steps), desc="reading labels", mininterval=2)
    for _ in progress:
        while len(queue) < ROWS:
            queue = rng.sample(range(len(labels)), len(labels)) + queue
        asked, queue = queue[-ROWS:], queue[:-ROWS]
        shares = mixtures(torch.tensor(asked), len(labels), generator).to(places.device)
        value = loss((shares @ places)[:, None].expand(-1, tokens, -1), [labels[place] for place in asked])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        progress.set_postfix(loss=f"{value.item():.3f}", refresh=False)
    return Points(list(labels), places.detach())


def mixtures(largest: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Random shares (B, count) that add up to 1, the largest of each row at the place `largest` (B,)."""
    low, high = SPREAD
    rows = len(largest)
    scale = low + (high - low) * torch.rand(rows, 1, generator=generator)
    shares = (scale * torch.randn(rows, count, generator=generator)).softmax(dim=1)
    top, place = shares.max(dim=1, keepdim=True)
    own = shares.gather(1, largest[:, None])
    return shares.scatter(1, place, own).scatter(1, largest[:, None], top)


def draw_in(projector: nn.Module, points: Points) -> None:
    """Move a fresh projector's tokens near the mean of the points, in place."""
    content = getattr(projector, "content", projector)
    last = content[-1] if isinstance(content, nn.Sequential) else content
    with torch.no_grad():
        last.weight.mul_(SHRINK)
        last.bias.copy_(points.places.mean(dim=0))
