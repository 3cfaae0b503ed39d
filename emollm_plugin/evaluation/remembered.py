"""Features of media that were asked about before; a picture is often asked about more than once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from torch import Tensor

T = TypeVar("T")
FEATURE_BYTES = 256 * 2**20  # that they take at most


class Remembered:
    """Features by the names of media, the last used ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._bytes = 0

    def of(
        self, keys: Sequence[str | int | None], things: Sequence[T], encode: Callable[[list[T]], list[Tensor]]
    ) -> list[Tensor | None]:
        """Features of each thing, or None for a key of None; those of equal keys are encoded once.

        Args:
            keys: as many as `things`; those that are strings are remembered.
        """
        new = {key: each for key, each in zip(keys, things) if key is not None and key not in self._kept}
        made = dict(zip(new, encode(list(new.values())))) if new else {}
        found = [made[key] if key in made else self._kept.get(key) for key in keys]  # type: ignore[arg-type]
        for own, features in made.items():
            if isinstance(own, str):
                self._kept[own] = features
                self._bytes += features.nbytes
        for key in keys:
            if isinstance(key, str) and key in self._kept:
                self._kept.move_to_end(key)
        while self._bytes > FEATURE_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return found

    def forget(self) -> None:
        """Drop all of them."""
        self._kept.clear()
        self._bytes = 0
