"""The gain by data set, how far logistic regression is, and learning curves, as one picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emobench_data.io.atomic import atomic_file

from .arms import FULL, LOGISTIC, PLAIN_HOST
from .report import Found, by_seed, gain, mean_gain
from .sets import CURVE

AIM = 12.1  # points, the paper's, which the protocol set as the goal
AGAINST = {PLAIN_HOST: ("over LLaVA's projector and prompt", "#4C78A8"), LOGISTIC: ("over logistic regression", "#B5403A")}
LINES = {
    FULL: ("EmoLLM", "#5B8C5A"),
    PLAIN_HOST: ("LLaVA's projector and prompt", "#4C78A8"),
    LOGISTIC: ("logistic regression", "#B5403A"),
}
TITLES = {"fer2013": "faces", "oasis": "photographs", "emodb": "voices", "oasis_category": "control:\nmain subject"}
MEAN = "mean of\nthe three"
Told = dict[str, tuple[float, float, float]]  # set, or `MEAN` -> a gain and its interval
# From left to right. The mean, and the control, which asks for no emotion, stand apart.
PLACES = {"fer2013": 0, "oasis": 1, "emodb": 2, MEAN: 3.5, "oasis_category": 5}


def draw(found: Found, out: Path) -> bool:
    """Write the gain by data set; beside it, once larger sets were read too, the accuracy by how many faces train.

    False, and nothing is written, where there is no gain yet.
    """
    told = {other: _told(found, other) for other in AGAINST}
    if not any(told.values()):
        return False
    curve = {name: count for name, count in CURVE.items() if name in found}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        panels = 1 + (len(curve) > 1)
        figure = Figure(figsize=(3.6 + 4.2 * panels, 4.6), layout="constrained")
        drawn = figure.subplots(1, panels, squeeze=False, width_ratios=(1.7, 1)[:panels])[0]
        _gains(drawn[0], told)
        if panels > 1:
            _curve(drawn[1], found, curve)
        with atomic_file(out) as file:
            figure.savefig(file, dpi=110, format="png", metadata={"Software": None})
    return True


def _gains(panel: Axes, told: Mapping[str, Told]) -> None:
    """A dot with its interval for each data set, and their mean, and each of the two that it is held against."""
    panel.axhline(0, color="#555555", linewidth=1)
    panel.axhline(AIM, color="#5B8C5A", linewidth=1, linestyle="--", label=f"the goal: +{AIM} on average")
    names = {TITLES.get(name, name): place for name, place in PLACES.items() if any(name in own for own in told.values())}
    for shift, (other, (label, colour)) in zip((-0.15, 0.15), AGAINST.items()):
        gains = told[other]
        values = [100 * own[0] for own in gains.values()]
        far = [[100 * abs(own[edge] - own[0]) for own in gains.values()] for edge in (1, 2)]
        places = [PLACES[name] + shift for name in gains]
        panel.errorbar(places, values, yerr=far, fmt="o", color=colour, label=label)
        for place, value in zip(places, values):
            side = "right" if shift < 0 else "left"
            panel.annotate(
                f"{value:+.1f}", (place, value), (6 if shift > 0 else -6, 0), textcoords="offset points", va="center", ha=side
            )
    panel.set(ylabel="points of accuracy that EmoLLM has more", xticks=[*names.values()], xticklabels=[*names])
    panel.set_xlim(min(names.values()) - 0.7, max(names.values()) + 0.7)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), frameon=False, ncols=3, fontsize="small")
    panel.set_title(_title(told[PLAIN_HOST].get(MEAN)), fontsize="medium")


def _told(found: Found, other: str) -> Told:
    """The gains of `FULL` over `other`."""
    gains = {name: gain(name, found[name].get(FULL, {}), found[name].get(other, {})) for name in TITLES if name in found}
    told = {name: (own.value, own.low, own.high) for name, own in gains.items() if own}
    middle = mean_gain(found, other)
    return told if isinstance(middle, str) else {**told, MEAN: middle}


def _title(middle: tuple[float, float, float] | None) -> str:
    if middle is None:
        return ""
    value, low, high = (100 * own for own in middle)
    reached = "reached" if value >= AIM else "not reached"
    return f"The goal was {reached}: {value:+.1f} points on average ({low:+.1f} to {high:+.1f})"


def _curve(panel: Axes, found: Found, curve: dict[str, int]) -> None:
    """A line for each arm over the sets that have it, with the least and the most of its seeds."""
    for arm, (label, colour) in LINES.items():
        at = {count: by_seed(found[name][arm]) for name, count in curve.items() if found[name].get(arm)}
        means = [100 * mean(own) for own in at.values()]
        far = [[abs(100 * edge(own) - value) for own, value in zip(at.values(), means)] for edge in (min, max)]
        panel.errorbar(list(at), means, yerr=far, fmt="o-", color=colour, label=label, capsize=2)
    panel.set_xscale("log")
    panel.set(xlabel="faces that train, about", ylabel="accuracy on faces, %", xticks=list(curve.values()))
    panel.set_xticklabels([f"{count:,}" for count in curve.values()])
    panel.minorticks_off()
    panel.set_title("Faces: with more of them (bars: worst to best seed)", fontsize="medium")
    panel.legend(loc="lower right", frameon=False, fontsize="small")
