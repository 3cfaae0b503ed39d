"""Features of media that were asked about before; a picture is often asked about more than once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torch import Tensor

T = TypeVar("T")
FEATURE_BYTES = 256 * 2**20  # that they take at most


class Remembered:
    """Features by the names of media, the last used ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tensor] = OrderedDict()

    def of(
        self, keys: Sequence[str | int | None], things: Sequence[T], encode: Callable[[list[T]], list[Tensor]]
    ) -> list[Tensor | None]:
        """Features of each thing, or None for a key of None; those of equal keys are encoded once.

        Args:
            keys: as many as `things`; those that are strings are remembered.
        """
        new = {key: each for key, each in zip(keys, things) if key is not None and key not in self._kept}
        made = dict(zip(new, encode(list(new.values())))) if new else {}
        known: dict[Any, Tensor] = {**self._kept, **made}
        found = [known.get(key) for key in keys]
        self._kept |= {key: features for key, features in made.items() if isinstance(key, str)}
        for key in keys:
            if isinstance(key, str) and key in self._kept:
                self._kept.move_to_end(key)
        while sum(each.nbytes for each in self._kept.values()) > FEATURE_BYTES:
            self._kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Drop all of them."""
        self._kept.clear()
