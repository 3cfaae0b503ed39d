"""The training loop of all arms: AdamW, a cosine, and batches drawn pass by pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

BATCH = 8


def train_loop(
    groups: Sequence[dict[str, Any]],
    items: Sequence[Any],
    loss: Callable[[list], Tensor],
    *,
    steps: int,
    seed: int,
    quiet: bool,
) -> float:
    """Train the parameters of `groups` in place; returns the mean loss of the last quarter.

    Args:
        groups: as AdamW takes them, parameters and rate; those without a parameter are left out.
        items: each is drawn once a pass, in an order that follows from `seed` and their number alone.
        loss: of a batch of them.
    """
    groups = [group for group in groups if group["params"]]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    trained = [value for group in groups for value in group["params"]]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    rng, queue, losses = Random(seed), [], []
    for _ in tqdm(range(steps), desc="training", mininterval=5, disable=quiet or None):
        if len(queue) < BATCH:
            queue = rng.sample(items, len(items)) + queue
        some, queue = queue[-BATCH:], queue[:-BATCH]
        value = loss(some)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(value.item())
    last = losses[-(steps // 4 or 1) :]
    return sum(last) / len(last)
