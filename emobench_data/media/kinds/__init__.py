"""The kinds of media: one file each, found by themselves, and those that other packages add by entry points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ...io.registry import Registry
from ..kind import MediumKind

KINDS: Registry[MediumKind] = Registry("kind of medium", "emobench_data.media", MediumKind)

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        _kind = import_module(f"{__name__}.{_module.name}").KIND
        KINDS.add(_kind.name, _kind)

_FIRST = ("image", "video")


def kinds() -> tuple[MediumKind, ...]:
    """Every kind, pictures and clips first."""
    return _kinds(len(KINDS))


def placeholders() -> Mapping[str, str]:
    """Kind -> its placeholder in a prompt."""
    return _placeholders(len(KINDS))


# A file of 300,000 records asks for them as often; kinds are added, and never taken away.
@cache
def _kinds(count: int) -> tuple[MediumKind, ...]:
    return tuple(KINDS.get(name) for name in (*_FIRST, *(name for name in KINDS if name not in _FIRST)))


@cache
def _placeholders(count: int) -> Mapping[str, str]:
    return {kind.name: kind.placeholder for kind in _kinds(count)}
