"""Direct against reasoned, by sub-task, as one picture: a bar an arm, a dot a seed, a line for the majority."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file
from emobench_data.schema.tasks import in_order

from .arms import BASELINE
from .data import FOLDERS
from .report import Arm, Found, by_task, titled

SHOWN = {BASELINE: "#9AA3AE", "sentences by rule": "#F2A541", "steps": "#B5403A"}
NAMES = {BASELINE: "answer alone", "sentences by rule": "reasons in sentences", "steps": "reasons in steps"}
WIDTH, GAP = 0.27, 0.7


class Column(NamedTuple):
    """One sub-task of a data set, with its arms and how often its most frequent answer is right."""

    title: str
    arms: dict[str, Arm]
    majority: float


def columns(found: Found) -> list[list[Column]]:
    """EmoBench-mini's sub-tasks, and then one of each real data set, as far as there are rows."""
    groups = []
    for data in ("mini", *(name for name in FOLDERS if name != "mini")):
        tasks = by_task(found, data)
        own = []
        for task in in_order(tasks):
            arms = {name: arm for name, arm in tasks[task].items() if name in SHOWN}
            rows = [row for arm in arms.values() for row in arm.rows.values()]
            if rows:
                majority = sum(row["majority"][task] for row in rows) / len(rows)
                own.append(Column(titled(data, task), arms, majority))
        groups += [own] if own else []
    return [groups[0], [column for own in groups[1:] for column in own]] if groups else []


def draw(found: Found, out: Path) -> None:
    """Write the picture to `out`, a PNG."""
    groups = [own for own in columns(found) if own]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        size = sum(map(len, groups)) + GAP * (len(groups) - 1)
        figure = Figure(figsize=(1.6 + 0.95 * size, 3.9), layout="constrained")
        panel = figure.subplots()
        ticks, place = [], 0.0
        for own in groups:
            for column in own:
                _column(panel, place, column)
                ticks.append((place, column.title))
                place += 1
            place += GAP
        panel.set(ylim=(0, 104), ylabel="right answers, %", xlim=(-0.6, ticks[-1][0] + 0.6))
        panel.set_xticks([at for at, _ in ticks], [title for _, title in ticks])
        panel.grid(axis="y", color="#EEEEEE", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        handles, labels = panel.get_legend_handles_labels()
        named = dict(zip(labels, handles))
        figure.legend(named.values(), named, loc="outside upper center", ncols=len(named), frameon=False, fontsize=9)
        with atomic_file(out) as file:
            figure.savefig(file, dpi=110, format="png", metadata={"Software": None})


def _column(panel, place: float, column: Column) -> None:
    for number, name in enumerate(name for name in SHOWN if name in column.arms):
        arm = column.arms[name]
        at = place + WIDTH * (number - (len(column.arms) - 1) / 2)
        seeds = [_accuracy(arm, seed) for seed in sorted(arm.rows)]
        mean = sum(seeds) / len(seeds)
        panel.bar(at, mean, WIDTH * 0.94, color=SHOWN[name], label=NAMES[name])
        panel.scatter(
            [at] * len(seeds), seeds, s=9, color="white", edgecolor="#333333", linewidth=0.7, zorder=3, label="a seed"
        )
    edges = (place - 0.46, place + 0.46)
    panel.hlines(100 * column.majority, *edges, color="#333333", linewidth=1, linestyle="dotted", label="majority")


def _accuracy(arm: Arm, seed: int) -> float:
    own = [outcome == "a" for (each, _), outcome in arm.outcomes.items() if each == seed]
    return 100 * sum(own) / len(own)
