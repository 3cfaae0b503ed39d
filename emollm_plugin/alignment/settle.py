"""Bring an aligned projector's tokens among the words (our own).

Alignment asks only for the direction of a medium's mean token among the labels' words. Two things are left over:

- Tokens come out many times as long as words. What a layer of the language model adds to so long a token hardly changes it, so
  the model learns to read it slowly and badly. Those of sounds come to the length of words here; for pictures that made
  things worse (benchmarks/RESULTS.md).
- Half of a token or more lies beside all of these words; that differs from medium to medium, and a language model learns it
  by heart in a short training instead of reading the rest (benchmarks/QUALITY.md). Here it is made short, and not taken
  away, so that training can have it back.

Both are one linear map, folded into the projector's own last layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn

from emobench_data.io.errors import InputError

from ..projector.multiperspective import Read
from ..projector.warm_start import WarmStarted
from .align import Words


@torch.no_grad()
def settle(projector: nn.Module, words: Words, reach: float, residual: float) -> None:
    """Bring every token to the distance of words from their mean, and shorten what lies beside the labels' words, in place.

    Args:
        reach: how many times as far as words the projector's tokens lie, see `Aligned`.
        residual: share that tokens keep of what lies beside the labels' words.

    Raises:
        InputError: `residual` is no share, the projector does not end in a linear layer, or a perspective of another package
            has a read of its own.
    """
    check_share(residual)
    if residual == reach == 1:
        return
    matrix, shift = settling_map(words, reach, residual)
    ours = projector if isinstance(projector, WarmStarted) else None
    tail = ours.content if ours else projector
    last = tail[-1] if isinstance(tail, nn.Sequential) else tail
    if not isinstance(last, nn.Linear):
        raise InputError(f"a projector that ends in {type(last).__name__} cannot be drawn to words; train without it (ALIGN=0)")
    reads = dict(ours.reads.items()) if ours else {}
    for name, read in reads.items():
        if not isinstance(read, Read):
            own = f"perspective {name!r} has a read of its own ({type(read).__name__})"
            raise InputError(f"{own}, which cannot be drawn to words; train without it (ALIGN=0)")
    last.bias.copy_(matrix @ last.bias + shift)
    last.weight.copy_(matrix @ last.weight)
    for read in cast(Iterable[Read], reads.values()):
        # A gate scales channels before the map, so it goes into the values, which then pass whole. That opens those that
        # alignment has not trained wider than a fresh projector has them, which is better (benchmarks/QUALITY.md).
        read.to_value.bias.copy_(matrix @ (read.gate * read.to_value.bias))
        read.to_value.weight.copy_(matrix @ (read.gate[:, None] * read.to_value.weight))
        read.gate.fill_(1.0)


def check_share(residual: float) -> None:
    """Raise InputError for what is not from 0 to 1, NaN too, which a range of the command line lets through."""
    if not 0 <= residual <= 1:
        raise InputError(f"--residual {residual} is no share; give a number from 0 to 1")


def settling_map(words: Words, reach: float, residual: float) -> tuple[Tensor, Tensor]:
    """The map of a token x (C,) to `matrix @ x + shift`: matrix (C, C), shift (C,)."""
    basis, _ = torch.linalg.qr(words.targets.T)
    matrix = residual * torch.eye(len(words.mean), device=words.mean.device) + (1 - residual) * basis @ basis.T
    matrix = matrix / reach
    return matrix, words.mean - matrix @ words.mean
