"""Which layers of a language model take an adapter: the host's choice, all linear ones, or those that are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from emobench_data.io.errors import InputError

# Names of linear layers, and of which decoder layers, `15-29`. The host hands its arguments to nobody who could choose.
_named: ContextVar[tuple[tuple[str, ...], str]] = ContextVar("lora_targets", default=((), ""))


@contextmanager
def targets(names: Sequence[str], layers: str = "") -> Iterator[None]:
    """Inside, an adapter is made for the layers of these names, or for all linear ones where there are none.

    Args:
        layers: decoder layers that take one, the first and the last of them, counted from 0, such as `15-29`; all where empty.
    """
    token = _named.set((tuple(names), layers))
    try:
        yield
    finally:
        _named.reset(token)


def chosen_targets(host_find: Callable) -> Callable:
    """Wrap `find_all_linear_names`: those of its names that are wanted, or a pattern of them in the layers that are wanted.

    Raises:
        InputError: a wanted name is none of its, or a layer is none of the model's.
    """

    def find_all_linear_names(model: Any) -> list[str] | str:
        found, (wanted, layers) = host_find(model), _named.get()
        strange = [name for name in wanted if name not in found]
        if strange:
            raise InputError(f"--lora_targets {strange[0]}: no linear layer of this model; it has {', '.join(sorted(found))}")
        names = list(wanted) or found
        return _in_layers(names, layers, _decoder_layers(model)) if layers else names

    return find_all_linear_names


def _decoder_layers(model: Any) -> int:
    config = model.config
    return config.n_layers if hasattr(config, "n_layers") else config.num_hidden_layers  # MPT says n_layers


def _in_layers(names: Sequence[str], layers: str, count: int) -> str:
    """A pattern of peft's, for the whole name of a module, which does not reach the vision tower's layers."""
    said = re.fullmatch(r"(\d+)-(\d+)", layers)
    first, last = (int(said[1]), int(said[2])) if said else (0, -1)
    if not first <= last < count:
        raise InputError(f"--lora_layers {layers}: the first and last of this model's decoder layers, such as 0-{count - 1}")
    numbers, kinds = "|".join(map(str, range(first, last + 1))), "|".join(map(re.escape, sorted(names)))
    return rf"(?:base_model\.model\.)?\w+\.(?:layers|blocks)\.(?:{numbers})\.(?:.*\.)?(?:{kinds})"
