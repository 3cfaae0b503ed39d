"""The kinds of tasks: one file each, found by themselves, and those that other packages add by entry points."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ...io.errors import InputError
from ...io.registry import Registry
from ..task_type import TaskType
from ._labels import FAMILY
from ._labels import gold_fault as label_fault

__all__ = ["LABELS", "TYPES", "family_type", "get_type", "label_fault"]

GROUP = "emobench_data.task_types"
LABELS = FAMILY  # the family of the six sub-tasks, whose answers are right or wrong
TYPES: Registry[TaskType] = Registry("task type", GROUP, TaskType)

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):  # these hold what several types share
        _type = import_module(f"{__name__}.{_module.name}").TYPE
        TYPES.add(_type.name, _type)


def get_type(named: str) -> TaskType:
    """The task type called `NAME` or `NAME:key=value,...`; raises `InputError` for an unknown name or option."""
    name, _, options = named.partition(":")
    found = TYPES.get(name)
    if not options:
        return found
    pairs = [option.split("=") for option in options.split(",")]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(f"task type {named!r}: expected {name}:key=value, with a comma between several")
    return found.configured(dict(pairs))


def family_type(family: str) -> TaskType:
    """One of the types whose tables are those of `family`."""
    return next(found for found in TYPES.values() if found.family == family)
