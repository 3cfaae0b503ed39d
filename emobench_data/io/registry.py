"""Things by name: those that a package brings itself, and those that other packages add by entry points."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from .errors import InputError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Registry(Generic[T]):
    """Name -> thing. A clash or an unknown name raises `InputError`, which lists the known names.

    Args:
        kind: what the things are called where people read it.
        group: of the entry points by which installed packages add things, each under the entry point's name. They are loaded
            when a name is looked up that is not among one's own, or all are listed. One that cannot be used is named in a
            warning of one line and not listed; whoever asks for it by name gets that line as an error.
        wanted: what a thing from an entry point must be; None for anything that can be called.
    """

    def __init__(self, kind: str, group: str = "", wanted: type[T] | None = None) -> None:
        self.kind = kind
        self._group, self._wanted = group, wanted
        self._things: dict[str, T] = {}
        self._broken: dict[str, str] = {}
        self._loaded = not group

    def add(self, name: str, thing: T) -> T:
        """Add `thing`; adding the very same thing twice is allowed, another thing under the name is not."""
        if self._things.setdefault(name, thing) is not thing:
            raise InputError(f"{self.kind} {name!r} is already registered; choose another name")
        return thing

    def get(self, name: str) -> T:
        """The thing called `name`; raises `InputError` with the known names."""
        if name not in self:
            raise InputError(f"unknown {self.kind} {name!r}; known: {', '.join(self)}")
        if name in self._broken and name not in self._things:
            raise InputError(self._broken[name])
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        """Whether the name is known, be it that of a thing that cannot be used, which `get` says."""
        if name not in self._things:
            self._load()
        return name in self._things or name in self._broken

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._things))

    def __len__(self) -> int:
        self._load()
        return len(self._things)

    def values(self) -> list[T]:
        """All things, by their names in order."""
        return [self._things[name] for name in self]

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        for point in sorted(_installed().select(group=self._group), key=lambda one: (one.name, one.value)):
            fault = self._fault_of(point)
            if fault:
                package = point.dist.name if point.dist else "unknown"
                told = f"{self.kind} {point.name!r} ({point.value}, of the package {package}): {fault}"
                self._broken[point.name] = f"{told}; mend or uninstall that package"
                logger.warning("%s; it is left out", self._broken[point.name])

    def _fault_of(self, point: EntryPoint) -> str:
        """Load and add what `point` names, or say why that cannot be."""
        try:
            thing: Any = point.load()
        except Exception as error:  # foreign code may raise anything when it is imported
            return f"cannot be loaded ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        if not (isinstance(thing, self._wanted) if self._wanted else callable(thing)):
            return f"is {type(thing).__name__}, not {self._wanted.__name__ if self._wanted else 'a function'}"
        if getattr(thing, "name", point.name) != point.name:
            return f"calls itself {thing.name!r}; name the entry point so, too"
        if self._things.setdefault(point.name, thing) is not thing:
            return "has a name that is taken; choose another one"
        return ""


@cache  # every folder of packages is gone through for it
def _installed() -> Any:
    return entry_points()
