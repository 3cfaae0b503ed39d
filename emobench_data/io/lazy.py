"""Public names of a package that are imported when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def handing_out(package: str, places: Mapping[str, str | None]) -> Callable[[str], Any]:
    """The `__getattr__` of `package` (PEP 562).

    Args:
        places: public name -> the module that has it, from the package; None for a room of that name.
    """

    def getter(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        place = places[name]
        return getattr(import_module(f"{package}.{place}"), name) if place else import_module(f"{package}.{name}")

    return getter


def callable_as(package: str, place: str, name: str) -> None:
    """Let the package `package`, which bears the name of its main function, be called as that function.

    `import` binds a subpackage's name in its parent, whatever stood there; so the one name has to serve for both.
    """

    class Room(ModuleType):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(f"{package}.{place}"), name)(*args, **kwargs)

    sys.modules[package].__class__ = Room
