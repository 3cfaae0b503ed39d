"""Which layers of a language model take an adapter: the host's choice, all linear ones, or those that are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from emobench_data.io.errors import InputError

# The host hands its arguments to nobody who could choose.
_named: ContextVar[tuple[str, ...]] = ContextVar("lora_targets", default=())


@contextmanager
def targets(names: Sequence[str]) -> Iterator[None]:
    """Inside, an adapter is made for the layers of these names, or for all linear ones where there are none."""
    token = _named.set(tuple(names))
    try:
        yield
    finally:
        _named.reset(token)


def chosen_targets(host_find: Callable) -> Callable:
    """Wrap `find_all_linear_names`: those of its names that are wanted.

    Raises:
        InputError: a wanted name is none of its.
    """

    def find_all_linear_names(model: Any) -> list[str]:
        found, wanted = host_find(model), _named.get()
        strange = [name for name in wanted if name not in found]
        if strange:
            raise InputError(f"--lora_targets {strange[0]}: no linear layer of this model; it has {', '.join(sorted(found))}")
        return list(wanted) or found

    return find_all_linear_names
