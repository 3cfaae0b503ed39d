"""Scale what an aligned projector's tokens hold beside the words of the labels (our own).

Alignment asks only for the direction of a picture's mean token among the labels' words. Half of a token or more lies
beside all of them; that differs from picture to picture, and a language model learns it by heart in a short training
instead of reading the rest (benchmarks/QUALITY.md). Here it is made short, and not taken away, so that training can have
it back: a linear map, folded into the projector's own last layers.
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
def scale_residual(projector: nn.Module, words: Words, residual: float) -> None:
    """Keep of every token what points from the mean word to the labels' words, and `residual` times the rest, in place.

    Raises:
        InputError: `residual` is no share, or the projector does not end in a linear layer.
    """
    check_share(residual)
    if residual == 1:
        return
    matrix, shift = residual_map(words, residual)
    ours = projector if isinstance(projector, WarmStarted) else None
    tail = ours.content if ours else projector
    last = tail[-1] if isinstance(tail, nn.Sequential) else tail
    if not isinstance(last, nn.Linear):
        raise InputError(f"a projector that ends in {type(last).__name__} cannot be drawn to words; take --residual 1")
    last.bias.copy_(matrix @ last.bias + shift)
    last.weight.copy_(matrix @ last.weight)
    for read in cast(Iterable[Read], ours.reads.values() if ours else ()):
        # A gate scales channels before the map, so it goes into the values, which then pass whole.
        read.to_value.bias.copy_(matrix @ (read.gate * read.to_value.bias))
        read.to_value.weight.copy_(matrix @ (read.gate[:, None] * read.to_value.weight))
        read.gate.fill_(1.0)


def check_share(residual: float) -> None:
    """Raise InputError for what is not from 0 to 1, NaN too, which a range of the command line lets through."""
    if not 0 <= residual <= 1:
        raise InputError(f"--residual {residual} is no share; give a number from 0 to 1")


def residual_map(words: Words, residual: float) -> tuple[Tensor, Tensor]:
    """The map of a token x (C,) to `matrix @ x + shift`: matrix (C, C), shift (C,)."""
    basis, _ = torch.linalg.qr(words.targets.T)
    matrix = residual * torch.eye(len(words.mean), device=words.mean.device) + (1 - residual) * basis @ basis.T
    return matrix, words.mean - matrix @ words.mean
