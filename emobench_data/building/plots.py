"""The figures of the data card. Needs matplotlib; draws without a display and whatever its settings on this machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import SPLITS
from ..schema.tasks import get_task, in_order
from .statistics import Statistics

try:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
except ImportError as error:
    raise InputError(
        "drawing the data card's figures needs matplotlib; run: pip install matplotlib, or go without: --no-figures"
    ) from error

_COLOURS = {"train": "#4C78A8", "val": "#F2A541", "test": "#B5403A"}
_SHOWN = 48  # labels of a sub-task
_LONGEST = 200  # words, and seconds: what is beyond counts as this


def draw(statistics: Statistics, folder: Path) -> list[str]:
    """Write the figures that `statistics` has numbers for below `folder`; return their names."""
    (folder / "figures").mkdir(exist_ok=True)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        drawn = {"figures/labels.png": _labels(statistics), "figures/lengths.png": _lengths(statistics)}
        if statistics.seconds:
            drawn["figures/durations.png"] = _durations(statistics)
        for name, figure in drawn.items():
            figure.savefig(folder / name, dpi=110, metadata={"Software": None})
    return list(drawn)


def _labels(statistics: Statistics) -> Figure:
    """A bar for each answer, split by colour; sub-tasks side by side, as high as the longest needs."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for (split, _, task, answer), n in statistics.labels.items():
        counts.setdefault(task, {}).setdefault(answer, Counter())[split] += n
    tasks = in_order(counts)
    named = [task for task in tasks if not get_task(task).type.two_answers]
    yes_no = [task for task in tasks if get_task(task).type.two_answers]
    most = max((min(len(counts[task]), _SHOWN) for task in named), default=0)
    heights = [0.19 * most + 0.8] * bool(named) + [1.3] * bool(yes_no)
    figure = Figure(figsize=(12, sum(heights) + 0.8), layout="constrained")
    rows = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for row, group in zip(rows, filter(None, (named, yes_no))):
        for axes, task in zip(row.subplots(1, len(group), squeeze=False)[0], group):
            _bars(axes, task, counts[task])
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=3, frameon=False)
    return figure


def _bars(axes: Any, task: str, counts: dict[str, Counter[str]]) -> None:
    labels = get_task(task).type.stratum_order({label: own.total() for label, own in counts.items()})
    shown = labels[:_SHOWN]
    left = [0] * len(shown)
    for split in SPLITS:
        widths = [counts[label][split] for label in shown]
        bars = axes.barh(shown, widths, left=left, color=_COLOURS[split], label=split, height=0.75)
        left = [a + b for a, b in zip(left, widths)]
    axes.bar_label(bars, [f"{n:,}" for n in left], padding=3, fontsize=7)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", labelsize=8)
    rest = f", {len(labels) - _SHOWN} rarer ones not shown" if len(labels) > _SHOWN else ""
    axes.set_title(f"{get_task(task).title} ({sum(left):,} questions{rest})", fontsize=10)
    _plain(axes)


def _lengths(statistics: Statistics) -> Figure:
    groups: dict[str, Counter[int]] = {}
    for (task, words), n in statistics.words.items():
        groups.setdefault(task, Counter())[min(words, _LONGEST)] += n
    return _histograms({get_task(task).title: groups[task] for task in in_order(groups)}, "words in the prompt", "questions")


def _durations(statistics: Statistics) -> Figure:
    groups: dict[str, Counter[int]] = {}
    for (source, seconds), n in sorted(statistics.seconds.items()):
        groups.setdefault(source, Counter())[min(seconds, _LONGEST)] += n
    return _histograms(groups, "seconds", "clips and sounds")


def _histograms(groups: dict[str, Counter[int]], unit: str, counted: str) -> Figure:
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(4 * columns, 2.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, counts) in zip(grid, groups.items()):
        end = max(counts) + 1
        width = max(1, -(-end // 50))
        values, weights = zip(*sorted(counts.items()))
        axes.hist(values, bins=range(0, end + width, width), weights=weights, color=_COLOURS["train"])
        axes.set_title(f"{title} ({counts.total():,} {counted})", fontsize=10)
        axes.set_xlabel(f"{unit} ({_LONGEST} and more at the end)" if end > _LONGEST else unit, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        _plain(axes)
    for axes in grid[len(groups) :]:
        axes.set_axis_off()
    return figure


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
