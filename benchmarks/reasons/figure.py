"""Direct against reasoned, by sub-task, as one picture: a bar an arm, a dot a seed, a dotted line for the majority."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file
from emobench_data.schema.tasks import in_order

from .arms import BASELINE
from .data import FOLDERS
from .report import Arm, Found, by_task, titled

# How the comparison's arms are called here.
ARMS = {BASELINE: "answer alone", "sentences by rule": "reasons in sentences", "steps": "reasons in steps"}
COLORS = dict(zip(ARMS.values(), ("#8C96A3", "#F2A541", "#B5403A")))
WIDTH, GAP = 0.27, 0.5


class Column(NamedTuple):
    """One sub-task: per cent right by arm, a value for each seed, and how many the most frequent answer gets right."""

    title: str
    arms: dict[str, list[float]]
    majority: float


def columns(found: Found, data: str) -> Iterator[Column]:
    """A column for each sub-task of a data set that has rows."""
    tasks = by_task(found, data)
    for task in in_order(tasks):
        arms = {name: arm for name, arm in tasks[task].items() if name in ARMS}
        if arms:
            shown = {ARMS[name]: [_accuracy(arm, seed) for seed in sorted(arm.rows)] for name, arm in arms.items()}
            majority = [row["majority"][task] for arm in arms.values() for row in arm.rows.values()]
            yield Column(titled(data, task), shown, 100 * mean(majority))


def _accuracy(arm: Arm, seed: int) -> float:
    return 100 * mean(outcome == "a" for (own, _), outcome in arm.outcomes.items() if own == seed)


def draw(found: Found, out: Path) -> None:
    """Write the picture to `out`, a PNG: the rendered drawings first, then real data."""
    order = ("mini", *(name for name in FOLDERS if name != "mini"))
    groups = [own for own in ([*columns(found, data)] for data in order) if own]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        size = sum(map(len, groups)) + GAP * (len(groups) - 1)
        figure = Figure(figsize=(1.4 + 1.05 * size, 3.7), layout="constrained")
        panel = figure.subplots()
        ticks, place = [], 0.0
        for own in groups:
            for column in own:
                _column(panel, place, column)
                ticks.append((place, column.title))
                place += 1
            place += GAP
        panel.set(ylim=(0, 104), ylabel="right answers, %", xlim=(-0.55, ticks[-1][0] + 0.55))
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
    names = [name for name in COLORS if name in column.arms]
    for number, name in enumerate(names):
        at, seeds = place + WIDTH * (number - (len(names) - 1) / 2), column.arms[name]
        panel.bar(at, mean(seeds), WIDTH * 0.94, color=COLORS[name], label=name)
        panel.scatter([at] * len(seeds), seeds, 10, "white", edgecolor="#333333", linewidth=0.7, zorder=3, label="a seed")
    edges = (place - 0.46, place + 0.46)
    panel.hlines(column.majority, *edges, color="#333333", linewidth=1, linestyle="dotted", label="majority")
