"""What stimuli before or after the questions gain: in points, and as a part of what the plain questions have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .compare import Verdicts, compare
from .runs import Run

NOTE = (
    "Gain: points over the plain questions; relative: as a part of these, undefined where they have 0. The mean of relative "
    "gains over the sub-tasks is what EmotionPrompt and NegativePrompt report. p: McNemar's exact test, two-sided, by group "
    "where questions have groups, not corrected for several stimuli."
)


def gains(plain: Verdicts, stimulated: Verdicts) -> dict[str, Any]:
    """The `tasks` of `compare`, each with its `relative` gain, which is None where the plain questions have 0.

    `relative` of all is the mean over the tasks that have one, None without any; `points` that of the differences.
    """
    tasks = compare(plain, stimulated)["tasks"]
    for own in tasks.values():
        own["relative"] = own["difference"] / own["first"] if own["first"] else None
    relative = [own["relative"] for own in tasks.values() if own["relative"] is not None]
    points = [own["difference"] for own in tasks.values()]
    return {
        "tasks": tasks,
        "points": sum(points) / len(points) if points else None,
        "relative": sum(relative) / len(relative) if relative else None,
    }


def gain_rows(runs: Sequence[Run]) -> list[tuple[str, list[list[str]]]]:
    """A title and rows for each later run whose questions have a stimulus that those of the first run lack."""
    found = []
    for run in runs[1:]:
        if _stimulated(run) and not _stimulated(runs[0]):
            own = gains(runs[0].verdicts, run.verdicts)
            rows = [[task, str(one["n"]), *_cells(one), f"{one['p']:.3g}"] for task, one in own["tasks"].items()]
            if len(rows) > 1:
                rows.append(["mean", "", "", "", _points(own["points"]), _percent(own["relative"]), ""])
            found.append((f"Stimulus {run.name} against {runs[0].name}", rows))
    return found


def _stimulated(run: Run) -> bool:
    return any(question.stimulus for question in run.asked.values())


def _cells(own: dict[str, Any]) -> list[str]:
    means = [f"{100 * own[name]:.1f}" for name in ("first", "second")]
    return [*means, _points(own["difference"]), _percent(own["relative"])]


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.1f}"


def _percent(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:+.1f} %"
