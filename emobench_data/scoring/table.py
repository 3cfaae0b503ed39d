"""Figures as a text table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..schema.task_type import TaskType
from ..schema.types import LABELS, family_type, get_type
from .wheels import wheel_lines

_LABELS = get_type("closed")
NAMED = 5  # ids of a kind of fault


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
    families = result.get("families", {})
    lines = [_aligned(rows, _LABELS)] if rows or not families else []
    lines += [_family(family_type(name), tasks) for name, tasks in families.items()]
    lines += [
        *_added_lines(result),
        *mean_lines(result),
        *wheel_lines(result),
        *faithfulness_lines(result),
        *fault_lines(result),
    ]
    for task, figures in result.get("judge", {}).get("tasks", {}).items():
        lines.append(f"judge {result['judge']['model']} on {task}, not in the overall: {percent(figures['accuracy'])}")
    return "\n".join(lines)


percent = _LABELS.cell  # of shares


def family_rows(kind: TaskType, name: str, figures: dict[str, Any]) -> list[list[str]]:
    """The cells of a task, and of each of its sources where there are several."""
    several = figures["sources"].items() if len(figures["sources"]) > 1 else ()
    parts = [(name, figures), *((f"– {source}", own) for source, own in several)]
    return [[title, *(kind.cell(own[key]) for key in kind.columns)] for title, own in parts]


def _family(kind: TaskType, tasks: dict[str, Any]) -> str:
    return "\n" + _aligned([row for task, own in tasks.items() for row in family_rows(kind, task, own)], kind)


def _added_lines(result: dict[str, Any]) -> list[str]:
    """The figures that metrics of other packages add to a family of task types, which have no column, a line each."""
    from ..metrics.named import METRICS

    cell, lines = get_type("number").cell, []
    for family, tasks in ((LABELS, result["tasks"]), *result.get("families", {}).items()):
        added = [one.name for one in METRICS.values() if family in one.families and one.name not in family_type(family).columns]
        for task, own in tasks.items():
            given = [name for name in added if name in own]
            lines += [f"{name} of {task}: {cell(own[name])}, 95 %-interval {cell(own[f'{name}_interval'])}" for name in given]
    return lines


def mean_lines(result: dict[str, Any]) -> list[str]:
    """The means over tasks that are parts of one, a line each."""
    lines = []
    for name, own in result.get("means", {}).items():
        kind = family_type(own["family"])
        lines.append(f"{name}, mean of {', '.join(own['tasks'])}: {kind.columns[kind.main]} {kind.cell(own[kind.main])}")
    return lines


def faithfulness_lines(result: dict[str, Any]) -> list[str]:
    """How answers in steps hold together, a line a sub-task."""
    lines = []
    tables = (result["tasks"], *result.get("families", {}).values())
    for task, figures in ((task, figures) for table in tables for task, figures in table.items()):
        own = figures.get("faithfulness")
        if own:
            premises = ", ".join(f"{name} {percent(value)}" for name, value in own["premises"].items())
            right, follows = (percent(own[key]) or "none" for key in ("conclusion", "consistent"))
            lines.append(
                f"steps of {task}: {premises}; conclusion {right}, of {own['from_premises']} from right premises;"
                f" answer follows {follows}; readable {percent(own['readable'])}"
            )
    return lines


def fault_lines(result: dict[str, Any]) -> list[str]:
    """Which reasons are at fault, a line a kind; the first ids, for the result has all of them."""
    return [f"reasons at fault: {len(ids)} {kind}: {first_ids(ids)}" for kind, ids in faults_of(result).items()]


def faults_of(result: dict[str, Any]) -> dict[str, list[str]]:
    """Kind of fault -> ids, of those that occur."""
    return {kind: ids for kind, ids in result.get("reason_faults", {}).items() if ids}


def first_ids(ids: Sequence[str]) -> str:
    """Some ids, and whether there are more."""
    return ", ".join(ids[:NAMED]) + (", ..." if len(ids) > NAMED else "")


def _row(figures: dict[str, Any]) -> list[str]:
    return [percent(figures.get(key)) for key in _LABELS.columns]


def _aligned(rows: Sequence[Sequence[str]], kind: TaskType) -> str:
    table = [("sub-task", *kind.columns.values()), *rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    lines = [
        "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
        for line in table
    ]
    return "\n".join(line.rstrip() for line in lines)
