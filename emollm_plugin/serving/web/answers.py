"""What the page shows for what was chosen on it: values, also where that is an error."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.scoring.gold import task_title

LONGEST = 2000  # characters of a question
EMOTION = "emotion"  # what is asked for where no other sub-task is chosen


class Shown(NamedTuple):
    """What stands in the page's fields, in their order.

    Errors are values: one that is raised stays on the page, above what is uploaded and answered later.

    Args:
        said: the answer or what is wrong, as HTML that a screen reader says at once.
        seen: what the model sees or hears.
        shares: probability by label, None for no answer.
        why: steps or reasons, and why there are none.
        own: the answer to a question of one's own.
        drawn: what each perspective attended to, None where that is not drawn.
        attended: the same in words.
    """

    said: str = ""
    seen: Image.Image | None = None
    shares: dict[str, float] | None = None
    why: str = ""
    own: str = ""
    drawn: Image.Image | None = None
    attended: str = ""


def preview(predictor: Any, path: str | None, audio: str | None = None) -> Shown:
    """What the model will see of an upload, and nothing else: no error and no answer of an earlier one."""
    files = _files(path, audio)
    try:
        return Shown(seen=predictor.eyes.show(predictor.eyes.open(*files))) if files else Shown()
    except InputError as error:
        return _fault(error, files)


def answer(
    predictor: Any,
    turn: AbstractContextManager,
    path: str | None,
    question: str | None,
    labels: Sequence[str] | None,
    task: str | None = None,
    words: str | None = None,
    draw: bool = False,
    audio: str | None = None,
) -> Shown:
    """What the model says of an upload.

    Args:
        turn: held while the model is asked.
        task: a sub-task's name, or `EMOTION`.
        words: that belong to the picture or clip.
        draw: whether to draw what perspectives attend to, where there are any; of clips nothing is drawn.
    """
    from ..sub_task import About

    about = About(task, (words or "").strip()) if task and task != EMOTION else None
    question, files = (question or "").strip() or None, _files(path, audio)
    if not files:
        return _fault("Choose a picture, a clip or a voice first.")
    if max(len(question or ""), len(words or "")) > LONGEST:
        return _fault(f"The question is longer than {LONGEST} characters.")
    try:
        seen = predictor.eyes.open(*files)
        with turn:
            report, drawn, attended = _asked(predictor, seen, question, labels, about, draw)
    except InputError as error:
        return _fault(error, files)
    why = "\n".join(filter(None, (report["rationale"], report["note"])))
    shares = report["probabilities"] or None
    return Shown(_found(report), predictor.eyes.show(seen), shares, why, report.get("answer", ""), drawn, attended)


def _asked(predictor: Any, seen: Any, question: str | None, labels: Sequence[str] | None, about: Any, draw: bool) -> Any:
    """The report, and where that is asked for and possible what perspectives attend to, drawn and in words."""
    from ..ask import ask
    from ..explain import drawn, shows

    if not draw or seen.medium == "video" or not shows(predictor, seen):
        return ask(predictor, seen, question, labels=labels, about=about), None, ""
    report, sheet, panels = drawn(predictor, seen, question, labels=labels, about=about)
    return report, sheet, "\n".join(f"{panel.heading}: {panel.note}" for panel in panels)


def _found(report: dict[str, Any]) -> str:
    what = task_title(report["task"]) if "task" in report else "Answer"
    label = report.get("emotion") or report.get("label")
    said = f"{what}: {label}, {100 * report['confidence']:.0f} %" if label else f"{what}: no answer"
    return f'<p role="status"><strong>{escape(said)}</strong></p>'


def _files(*paths: str | None) -> list[Path]:
    """What was uploaded: a picture or clip and a voice, or one of them."""
    return [Path(path).resolve() for path in paths if path]


def _fault(error: InputError | str, files: Sequence[Path] = ()) -> Shown:
    """An error as people see it: without the folder that uploads lie in, and as text."""
    said = str(error)
    for path in files:
        said = said.replace(str(path), path.name)
    return Shown(f'<p role="alert">{escape(said)}</p>')
