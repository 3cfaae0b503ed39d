"""The gain by data set, and how far logistic regression is, as one picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file

from .arms import FULL, LOGISTIC, PLAIN_HOST
from .report import Found, gain

AIM = 12.1  # points, the paper's
SHOWN = {PLAIN_HOST: ("over LLaVA's projector and prompt", "#4C78A8"), LOGISTIC: ("over logistic regression", "#B5403A")}
TITLES = {"fer2013": "faces", "oasis": "photographs", "oasis_category": "control:\nmain subject", "emodb": "voices"}


def draw(found: Found, out: Path) -> None:
    """Write one dot with its interval for each data set and each of the two that it is held against."""
    sets = [name for name in TITLES if name in found]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(2.2 + 1.5 * len(sets), 4), layout="constrained")
        panel = figure.subplots()
        panel.axhline(0, color="#888888", linewidth=0.8)
        panel.axhline(AIM, color="#5B8C5A", linewidth=0.8, linestyle="--", label="the paper's +12.1, on its own data")
        for shift, (other, (label, colour)) in zip((-0.12, 0.12), SHOWN.items()):
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
        figure.legend(loc="outside lower center", frameon=False)
        with atomic_file(out) as file:
            figure.savefig(file, dpi=110, format="png", metadata={"Software": None})
