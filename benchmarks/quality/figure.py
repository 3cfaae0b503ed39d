"""The gain of every arm over the host, with its interval, as one picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file

from .arms import ARMS, HOST
from .report import Answered, Group, gain

_COLOURS = ("#4C78A8", "#F2A541", "#B5403A", "#5B8C5A")


def draw(found: dict[Group, dict[str, Answered]], out: Path) -> None:
    """Write one panel for each data set and budget; a tower has a color. Points of accuracy, zero is the host."""
    asked = sorted({(data, budget) for data, _, budget in found}, key=lambda each: (each[0], len(each[1]), each[1]))
    towers = sorted({tower for _, tower, _ in found})
    arms = [arm for arm in ARMS if arm != HOST and any(arm in own for own in found.values())]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        height = 1.2 + 0.3 * len(arms)
        figure = Figure(figsize=(2.2 + 2.2 * len(asked), height), layout="constrained")
        panels = figure.subplots(1, len(asked), sharey=True, squeeze=False)[0]
        for panel, (data, budget) in zip(panels, asked):
            panel.axvline(0, color="#888888", linewidth=0.8)
            _panel(panel, {key: own for key, own in found.items() if (key[0], key[2]) == (data, budget)}, towers, arms)
            panel.set(title=f"{data}\n{budget}", xlabel="gain over the host, points", yticks=range(len(arms)), yticklabels=arms)
            panel.grid(axis="y", color="#EEEEEE", linewidth=0.8)
            panel.set_axisbelow(True)
            panel.set_ylim(len(arms) - 0.5, -0.5)
        handles, labels = panels[0].get_legend_handles_labels()
        named = dict(zip(labels, handles))
        if len(named) > 1:
            figure.legend(named.values(), named, loc="outside lower center", ncols=len(towers), frameon=False)
        with atomic_file(out) as file:
            figure.savefig(file, dpi=110, format="png", metadata={"Software": None})


def _panel(panel, found: dict[Group, dict[str, Answered]], towers: list[str], arms: list[str]) -> None:
    for (data, tower, _), own in sorted(found.items()):
        gains = {arm: gain([(data, own[HOST], own[arm])]) for arm in arms if arm in own and HOST in own}
        shown = {arm: each for arm, each in gains.items() if each}
        number = towers.index(tower)
        shift = 0.22 * (number - (len(towers) - 1) / 2)
        panel.errorbar(
            [100 * each.mean for each in shown.values()],
            [arms.index(arm) + shift for arm in shown],
            fmt="o",
            xerr=[
                [100 * (each.mean - each.low) for each in shown.values()],
                [100 * (each.high - each.mean) for each in shown.values()],
            ],
            color=_COLOURS[number % len(_COLOURS)],
            markersize=4,
            linewidth=1.2,
            label=tower,
        )
