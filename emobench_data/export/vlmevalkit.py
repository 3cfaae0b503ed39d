"""TSV for VLMEvalKit: one file a sub-task, multiple choice where there are options.

VLMEvalKit marks one letter as right and knows 26 of them. So the options of a question are without the other accepted
labels, and of a longer list those beyond 26 are left out, drawn by a hash of the record (our rule). A file of its own
that it does not know is multiple choice for it, unless `openended` is in its name (`DATASET_TYPE` in its
`vlmeval/dataset/__init__.py`, commit e8e78f0); a path that is not absolute is one below the working directory.
"""

from __future__ import annotations

import csv
import io
from hashlib import blake2s
from string import ascii_uppercase as LETTERS

from ..schema.records import Record
from ..schema.tasks import get_task, question
from .llava import STORYBOARD_LINE, Shown, neutral


def task_file(name: str) -> str:
    """The name of a task's file."""
    return f"vlmevalkit/EmoBench_{name}{'' if get_task(name).type.multiple_choice else '_openended'}.tsv"


def header(task: str, labels: int) -> bytes:
    """The first line of a sub-task's file; `labels` is the size of its largest label set."""
    return _line(["index", "image_path", "question", *_letters(task, labels), "answer", "category", "question_id"])


def takes(shown: Shown) -> bool:
    """Whether a record has a line: one that is shown as a picture, and nothing but that."""
    return [one.kind for one in shown.media] == ["image"]


def line(shown: Shown, index: int, labels: int) -> bytes:
    """The line of a record that it `takes`; `index` counts a file's lines from 0."""
    record = shown.record
    options = choices(record)
    asked = question(record, training=False, hint=not options)
    if record.media[0].kind == "video":
        asked = f"{STORYBOARD_LINE}\n{asked}"
    answer = LETTERS[options.index(record.answer)] if options else get_task(record.task).type.written(record.answer)
    cells = [*options, *[""] * (len(_letters(record.task, labels)) - len(options))]
    return _line(
        [index, shown.media[0].path, neutral(asked), *map(neutral, cells), neutral(answer), record.source, neutral(record.id)]
    )


def choices(record: Record) -> list[str]:
    """The options that are offered, in the label set's order; none where anything may be answered."""
    kind = get_task(record.task).type
    if not kind.multiple_choice:
        return []
    if not kind.takes_options:
        return [*kind.choices(())]
    wrong = [label for label in record.options if label not in record.references]
    if len(wrong) >= len(LETTERS):
        wrong.sort(key=lambda label: blake2s(f"{record.id}\0{label}".encode("utf-8", "replace")).digest())
    offered = {record.answer, *wrong[: len(LETTERS) - 1]}
    return [label for label in record.options if label in offered]


def _letters(task: str, labels: int) -> str:
    kind = get_task(task).type
    if not kind.multiple_choice:
        return ""
    return LETTERS[: labels if kind.takes_options else len(kind.choices(()))]


def _line(cells: list[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
