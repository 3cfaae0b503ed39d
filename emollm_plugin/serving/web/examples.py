"""Examples for the page, one for each sub-task that a model has learned: drawings of EmoBench-mini, so our own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from emobench_data.mini.plan import make_plan
from emobench_data.mini.voices import as_wav, speak
from emobench_data.schema.tasks import TASKS

from .answers import EMOTION

SEED = 2026  # no default render holds these drawings


class Example(NamedTuple):
    """A file, what to ask about it, and the words that belong to it. `task` is a choice of the page."""

    name: str
    file: Path
    task: str
    words: str = ""


def write_examples(folder: Path, tasks: Mapping[str, str], *, hears: bool = False) -> list[Example]:
    """Draw them into `folder`, which is made.

    Args:
        tasks: the choices of the page, title -> name.
        hears: whether a voice is among them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan, made = make_plan(train=0, test=len(TASKS), seed=SEED), []
    titles = {task: title for title, task in tasks.items()}
    for record in plan.records:
        task = EMOTION if record.task == "emo_c" else record.task
        if task in titles:
            [drawing] = plan.media[record.media[0].path]()
            assert isinstance(drawing, Image.Image)  # the first of each sub-task is a picture
            file = folder / f"{record.task}.png"
            drawing.save(file)
            made.append(Example(titles[task], file, task, record.attributes.get("words", "")))
    if hears:
        file = folder / "voice.wav"
        file.write_bytes(as_wav(speak("anger", "example")))
        made.append(Example("Voice", file, EMOTION))
    return made
