"""The gain by data set, how far logistic regression is, and learning curves, as one picture."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file

from .arms import FULL, LOGISTIC, PLAIN_HOST
from .report import Found, by_seed, gain
from .sets import CURVE

AIM = 12.1  # points, the paper's
AGAINST = {PLAIN_HOST: ("over LLaVA's projector and prompt", "#4C78A8"), LOGISTIC: ("over logistic regression", "#B5403A")}
LINES = {
    FULL: ("EmoLLM", "#5B8C5A"),
    PLAIN_HOST: ("LLaVA's projector and prompt", "#4C78A8"),
    LOGISTIC: ("logistic regression", "#B5403A"),
}
TITLES = {"fer2013": "faces", "oasis": "photographs", "emodb": "voices", "oasis_category": "control:\nmain subject"}


def draw(found: Found, out: Path) -> None:
    """Write the gain by data set; beside it, once larger sets were read too, the accuracy by how many faces train."""
    curve = {name: count for name, count in CURVE.items() if name in found}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        panels = 1 + (len(curve) > 1)
        figure = Figure(figsize=(2 + 4.5 * panels, 4.6), layout="constrained")
        drawn = figure.subplots(1, panels, squeeze=False)[0]
        _gains(drawn[0], found)
        if panels > 1:
            _curve(drawn[1], found, curve)
        with atomic_file(out) as file:
            figure.savefig(file, dpi=110, format="png", metadata={"Software": None})


def _gains(panel: Axes, found: Found) -> None:
    """A dot with its interval for each data set and each of the two that it is held against."""
    sets = [name for name in TITLES if name in found]
    panel.axhline(0, color="#888888", linewidth=0.8)
    panel.axhline(AIM, color="#5B8C5A", linewidth=0.8, linestyle="--", label="the paper's +12.1, on its own data")
    for shift, (other, (label, colour)) in zip((-0.12, 0.12), AGAINST.items()):
        gains = {name: gain(name, found[name].get(FULL, {}), found[name].get(other, {})) for name in sets}
        there = {name: each for name, each in gains.items() if each}
        panel.errorbar(
            [sets.index(name) + shift for name in there],
            [100 * each.value for each in there.values()],
            yerr=[
                [100 * (each.value - each.low) for each in there.values()],
                [100 * (each.high - each.value) for each in there.values()],
            ],
            fmt="o",
            color=colour,
            label=label,
        )
    panel.set(ylabel="gain of EmoLLM, points", xticks=range(len(sets)), xticklabels=[TITLES[name] for name in sets])
    panel.set_xlim(-0.5, len(sets) - 0.5)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), frameon=False)


def _curve(panel: Axes, found: Found, curve: dict[str, int]) -> None:
    """A line for each arm over the sets that have it, with the least and the most of its seeds."""
    for arm, (label, colour) in LINES.items():
        at = {count: by_seed(found[name][arm]) for name, count in curve.items() if found[name].get(arm)}
        means = [100 * mean(own) for own in at.values()]
        far = [[abs(100 * edge(own) - value) for own, value in zip(at.values(), means)] for edge in (min, max)]
        panel.errorbar(list(at), means, yerr=far, fmt="o-", color=colour, label=label, capsize=2)
    panel.set_xscale("log")
    panel.set(xlabel="faces that train", ylabel="accuracy on faces, %", xticks=list(curve.values()))
    panel.set_xticklabels([f"{count:,}" for count in curve.values()])
    panel.minorticks_off()
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), frameon=False)
