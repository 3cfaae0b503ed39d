"""The loss over a run's steps, as the trainer has kept it through every resume, and its figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO

MARK = "emollm train"  # in the figure's own notes: by it we know that nobody has put another there
STATE = "trainer_state.json"
History = Sequence[dict[str, Any]]


def read_history(checkpoint: Path) -> list[dict[str, Any]]:
    """What the trainer logged, oldest first: a resumed run's begins where the first one did. Empty where it kept none."""
    file = checkpoint / STATE
    return json.loads(file.read_text(encoding="utf-8"))["log_history"] if file.is_file() else []


def points(history: History, name: str) -> list[tuple[int, float]]:
    """(step, value) wherever `name` was logged."""
    return [(entry["step"], entry[name]) for entry in history if name in entry]


def usual(history: History, name: str) -> float | None:
    """The median of what was logged under `name`, None where nothing was."""
    values = [value for _, value in points(history, name)]
    return median(values) if values else None


def draw(history: History, file: BinaryIO, title: str) -> None:
    """Write the figure of the loss, and of that on held-out records where it was looked at, as PNG; raises `ImportError`."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.subplots()
        for name, words, colour in (("loss", "training", "#4C78A8"), ("eval_loss", "held-out records", "#B5403A")):
            found = points(history, name)
            if found:
                axes.plot(*zip(*found), color=colour, label=words, marker="o", markersize=3, linewidth=1.2)
        axes.set(xlabel="step", ylabel="loss of an answer token", ylim=(0, None), title=title)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
        figure.savefig(file, dpi=120, format="png", metadata={"Software": None, "Source": MARK})


def is_ours(file: Path) -> bool:
    """Whether a figure is one that `draw` has written."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            return picture.info.get("Source") == MARK
    except (OSError, UnidentifiedImageError):
        return False
