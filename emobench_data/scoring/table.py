"""Figures as a text table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_KEYS = ("n", "accuracy", "majority", "interval", "random", "macro_f1", "uar", "unparsed", "ambiguous", "missing")
_HEAD = ("n", "accuracy", "majority", "95 %-interval", "random", "macro-F1", "UAR", "unparsed", "ambiguous", "missing")


def score_table(result: dict[str, Any]) -> str:
    """The figures of `scoring.score` or `score_general` as an aligned table, shares in per cent."""
    rows = []
    for name, task in result["tasks"].items():
        rows.append([name, *_row(task)])
        if len(task["sources"]) > 1:
            rows += [[f"  {source}", *_row(figures)] for source, figures in task["sources"].items()]
    if result["overall"] is not None:
        total = {key: result[f"overall_{key}"] for key in ("interval", "majority", "random")}
        rows.append(["overall", *_row({"accuracy": result["overall"], **total})])
    rows += [[f"general: {name}", *_row(task)] for name, task in result.get("general", {}).items()]
    lines = [_aligned(rows)]
    lines += faithfulness_lines(result)
    for task, figures in result.get("judge", {}).get("tasks", {}).items():
        lines.append(f"judge {result['judge']['model']} on {task}, not in the overall: {percent(figures['accuracy'])}")
    return "\n".join(lines)


def faithfulness_lines(result: dict[str, Any]) -> list[str]:
    """How answers in steps hold together, a line a sub-task."""
    lines = []
    for task, figures in result["tasks"].items():
        own = figures.get("faithfulness")
        if own:
            premises = ", ".join(f"{name} {percent(value)}" for name, value in own["premises"].items())
            lines.append(
                f"steps of {task}: {premises}; conclusion {percent(own['conclusion'])}, of {own['from_premises']} from right"
                f" premises; answer follows {percent(own['consistent'])}; readable {percent(own['readable'])}"
            )
    return lines


def percent(value: Any) -> str:
    """A share as per cent, an interval as its two ends, a count as it is, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "-".join(map(percent, value))
    return f"{100 * value:.1f}" if isinstance(value, float) else str(value)


def _row(figures: dict[str, Any]) -> list[str]:
    return [percent(figures.get(key)) for key in _KEYS]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    table = [("sub-task", *_HEAD), *rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    lines = [
        "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
        for line in table
    ]
    return "\n".join(line.rstrip() for line in lines)
