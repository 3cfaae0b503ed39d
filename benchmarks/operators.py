"""Operators of a piece of PyTorch, counted as they are dispatched; views, which compute nothing, are left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Noting(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[str, int]] = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        given = operator(*args, **(kwargs or {}))
        name = operator.overloadpacket.__name__
        if not operator.is_view and name != "_unsafe_view":
            tensors = [each for each in tree_leaves((args, kwargs, given)) if isinstance(each, Tensor)]
            self.noted.append((name, sum(each.numel() for each in tensors)))
        return given


def operators(work: Callable[[], Any]) -> list[tuple[str, int]]:
    """Name of each operator that `work` runs, backward passes too, and how many numbers it reads and writes."""
    with _Noting() as mode:
        work()
    return mode.noted


def growing(small: list[tuple[str, int]], large: list[tuple[str, int]]) -> list[str]:
    """Names of those that touch more numbers where there are more patches, of the operators at two sizes.

    Raises:
        ValueError: they are not the same operators.
    """
    if [name for name, _ in small] != [name for name, _ in large]:
        raise ValueError("other operators at another size")
    return [name for (name, few), (_, many) in zip(small, large) if few != many]
