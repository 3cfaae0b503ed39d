"""Tasks beyond the six, one file a family, found by themselves; none of them enters the overall. Every wording is our own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..task import Task


def tasks() -> tuple[Task, ...]:
    """Those of every file here, each of which has a tuple `TASKS`."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(task for module in modules for task in module.TASKS)
