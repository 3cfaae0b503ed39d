"""Sets of free words by the user's own folder of emotion wheels, beside the figures by ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..metrics import numbered
from ..metrics.named import with_intervals
from ..metrics.wheels import FIGURES, counted, hit_rate, mean_of_wheels, wheel_f1, wheel_figures
from ..schema.items import Item
from ..schema.types.open_set import OpenSet
from ..schema.wheel_folder import LEVELS, WheelFolder, read_wheel_folder


def with_wheels(result: dict[str, Any], items: Sequence[Item], folder: Path, *, official: bool) -> dict[str, Any]:
    """`result` with `wheels` in the tasks of sets of free words.

    These are `official`, and by `level1` and `level2` F1 (with its interval), precision and recall, means over the wheels; the
    `hit_rate` where each question has one true word; and by wheel the same with `n`, the questions that it counts.

    Raises:
        InputError: the folder cannot be read, or no question asks for a set of words.
    """
    wheels = read_wheel_folder(folder.resolve())
    tasks: Mapping[str, Any] = result.get("families", {}).get(OpenSet.family, {})
    if not tasks:
        raise InputError(f"--wheels {folder}: no question asks for a set of words; leave it out")
    for task, figures in tasks.items():
        own = [item for item in items if item.gold.task == task and item.gold.type.family == OpenSet.family]
        levels = {f"level{level}": _level(own, wheels, level, official) for level in LEVELS}
        figures["wheels"] = {"official": official, **levels}
    return result


def _level(items: Sequence[Item], folder: WheelFolder, level: int, official: bool) -> dict[str, Any]:
    groups = [partial(folder.group, wheel=name, level=level, official=official) for name in folder.wheels]
    pairs = [(item.truth, item.guess) for item in items]
    truth, guess = zip(*pairs)

    figures = wheel_figures(truth, guess, wheels=groups)
    by_wheel, means = figures[0], mean_of_wheels(figures)[0]
    found = with_intervals({"f1": partial(wheel_f1, wheels=groups)}, pairs, numbered([item.unit for item in items], {}))
    found |= {name: _defined(means[place]) for place, name in enumerate(FIGURES) if place}
    if all(len(words) == 1 for words in truth):
        found["hit_rate"] = _defined(hit_rate(truth, guess, wheels=groups)[0])
    found["by_wheel"] = {
        name: {**dict(zip(FIGURES, map(_defined, own))), "n": counted(truth, group)}
        for name, own, group in zip(folder.wheels, by_wheel, groups)
    }
    return found


def _defined(figure: float) -> float | None:
    return float(figure) if isfinite(figure) else None


def wheel_figure(figure: float | None) -> str:
    """As it is shown."""
    return "undefined" if figure is None else f"{figure:.4f}"


def wheel_lines(result: dict[str, Any]) -> list[str]:
    """What a terminal shows of it, a line a task."""
    lines = []
    for task, figures in result.get("families", {}).get(OpenSet.family, {}).items():
        own = figures.get("wheels")
        if own:
            parts = [f"level {level} {_told(own[f'level{level}'])}" for level in LEVELS]
            rule = "as MER2025 counts" if own["official"] else "the nearest word"
            lines.append(f"your wheels, {task} ({rule}): {'; '.join(parts)}")
    return lines


def _told(level: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {wheel_figure(level[name])}" for name in (*FIGURES, "hit_rate") if name in level)
