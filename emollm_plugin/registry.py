"""Names that the plug-in adds to the host: projectors, vision towers and conversation templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from emobench_data.io.errors import InputError

T = TypeVar("T")


class Registry(Generic[T]):
    """Name -> thing. A clash or an unknown name raises `InputError` that lists the known names."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Add `thing`; adding the very same thing twice is allowed, another thing under the name is not."""
        if self._things.setdefault(name, thing) is not thing:
            raise InputError(f"{self.kind} {name!r} is already registered; choose another name")
        return thing

    def get(self, name: str) -> T:
        """The thing called `name`; raises `InputError` with the known names."""
        if name not in self._things:
            raise InputError(f"unknown {self.kind} {name!r}; known: {', '.join(self)}")
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))


# A projector builder gets the host's config, whose `mm_projector_type` holds the whole type string.
PROJECTORS: Registry[Callable] = Registry("projector type")
# A tower builder gets the tower's name, the host's arguments and `delay_load`.
TOWERS: Registry[Callable] = Registry("vision tower")


def projector_family(projector_type: str) -> str:
    """`multiperspective:slots=8` -> `multiperspective`: the registered name before the options."""
    return projector_type.split(":", 1)[0]


def register_projector(name: str, build: Callable) -> None:
    """Let `--mm_projector_type NAME:OPTIONS` mean what `build(config)` makes of the host's config.

    Raises:
        InputError: the name is taken.
    """
    PROJECTORS.add(name, build)


def register_tower(name: str, build: Callable) -> None:
    """Let `--vision_tower NAME` mean what `build(name, config, **kwargs)` makes, `delay_load` among the keywords.

    Raises:
        InputError: the name is taken.
    """
    TOWERS.add(name, build)
