"""Direct against reasoned, by sub-task, as one picture: a bar an arm, a dot a seed, a dotted line for the majority.

EmoBench-mini's bars are the default runs in RESULTS.md, real data's those of the comparison's rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError
from emobench_data.schema.tasks import get_task, in_order
from emobench_data.scoring.gold import task_title

from .arms import BASELINE
from .data import FOLDERS
from .report import Arm, Found, by_task, titled

SECTION = "## The default run, by seed"
DIRECT, STEPS, SENTENCES, FEWER = "answer alone", "reasons in steps", "reasons in sentences", "answer alone, 480 records"
# How the table's first column and the comparison's arms are called here.
RUNS = {"directly, 480, float32": FEWER, "directly, 720, float32": DIRECT, "in steps, float32": STEPS}
ARMS = {BASELINE: DIRECT, "sentences by rule": SENTENCES, "steps": STEPS}
COLORS = {FEWER: "#CDD2D9", DIRECT: "#8C96A3", SENTENCES: "#F2A541", STEPS: "#B5403A"}
EMOTIONS = 6  # labels of EmoBench-mini's other sub-tasks, balanced as Yes and No are
WIDTH, GAP = 0.27, 0.5


class Column(NamedTuple):
    """One sub-task: per cent right by arm, a value for each seed, and how many the most frequent answer gets right."""

    title: str
    arms: dict[str, list[float]]
    majority: float


def default_runs(results: Path) -> list[Column]:
    """EmoBench-mini's sub-tasks, from the table of default runs by seed in `results`.

    Raises:
        InputError: there is no such table.
    """
    text = results.read_text("utf-8")
    lines = [line for line in text.partition(f"{SECTION}\n")[2].partition("\n## ")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if len(cells) < 3:
        raise InputError(f"{results}: no table of default runs under {SECTION!r}")
    head, found, label = cells[0], {name: {} for name in in_order(cells[0][2:-2])}, ""
    for row in cells[2:]:
        label = row[0] or label
        for task, own in found.items():
            if label in RUNS:
                own.setdefault(RUNS[label], []).append(float(row[head.index(task)]))
    return [Column(task_title(task), own, _chance(task)) for task, own in found.items()]


def _chance(task: str) -> float:
    return 50.0 if get_task(task).type.two_answers else 100 / EMOTIONS


def real_data(found: Found) -> Iterator[Column]:
    """A column for each sub-task of a real data set that has rows."""
    for data in (name for name in FOLDERS if name != "mini"):
        for task, arms in by_task(found, data).items():
            shown = {
                ARMS[name]: [_accuracy(arm, seed) for seed in sorted(arm.rows)] for name, arm in arms.items() if name in ARMS
            }
            majority = [row["majority"][task] for arm in arms.values() for row in arm.rows.values()]
            if shown:
                yield Column(titled(data, task), shown, 100 * mean(majority))


def _accuracy(arm: Arm, seed: int) -> float:
    return 100 * mean(outcome == "a" for (own, _), outcome in arm.outcomes.items() if own == seed)


def draw(found: Found, results: Path, out: Path) -> None:
    """Write the picture to `out`, a PNG; `results` is RESULTS.md."""
    groups = [own for own in (default_runs(results), [*real_data(found)]) if own]
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
