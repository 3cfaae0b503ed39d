"""What the YAML files beside this one name: a sub-task's questions, their media, and the scores of the answers.

The benchmark is that in the folder `EMOBENCH_DATA`; its media are in `EMOBENCH_MEDIA`, by default the folder's `media`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...io.errors import InputError
from ...media.examine import is_there, leads_out, open_picture
from ...media.sound import RATE, read_sound
from ...schema.items import Gold
from ...schema.parsing import closing
from ...schema.questions import read_asked
from ...schema.tasks import DIRECT, find_task
from ...schema.types import TYPES
from ...scoring.gold import read_gold
from ...scoring.reader import read
from ..llava import QUESTIONS
from . import STEPS

if TYPE_CHECKING:
    from datasets import Dataset

DATA, MEDIA = "EMOBENCH_DATA", "EMOBENCH_MEDIA"


def _folder() -> Path:
    folder = os.environ.get(DATA)
    if not folder:
        raise InputError(f"{DATA} is not set; give the folder that holds {' and '.join(QUESTIONS['test'])}")
    return Path(folder)


def __getattr__(name: str) -> Any:
    """What a YAML file names: `FILES`, the questions of a task by its name, also with `_steps`, and the figures of its type.

    lmms-eval has `datasets` load a file before the questions are asked for.
    """
    if name == "FILES":
        return {"data_files": {"test": str(_folder() / QUESTIONS["test"][0])}}
    if find_task(task := name.removesuffix(STEPS)):
        return partial(_documents, task=task, reasoned=task != name)
    if any(name in kind.aggregates for kind in TYPES.values()):
        return partial(_aggregated, name=name)
    raise AttributeError(name)


class Benchmark(NamedTuple):
    """The questions by sub-task, and their gold."""

    documents: dict[str, list[dict[str, Any]]]
    gold: dict[str, Gold]


@cache
def _benchmark(folder: Path) -> Benchmark:
    questions, answers = (folder / name for name in QUESTIONS["test"])
    asked = read_asked(questions)
    gold, _ = read_gold(answers, questions, asked)
    documents: dict[str, list[dict[str, Any]]] = {}
    for key, question in asked.items():
        own = gold[key]
        entry: dict[str, Any] = {"id": key, "text": question.text}
        entry |= {"media": [[one.kind, one.path] for one in question.media]}
        entry |= {"form": question.form, "answer": own.type.written(own.answer), "source": own.source}
        documents.setdefault(own.task, []).append(entry)
    return Benchmark(documents, gold)


def _documents(_loaded: Dataset, *, task: str, reasoned: bool) -> Dataset:
    from datasets import Dataset

    documents = _benchmark(_folder()).documents
    forms = {one["form"] for own in documents.values() for one in own}
    if not reasoned and forms != {DIRECT}:
        raise InputError(
            f"{_folder()}: holds questions that ask for reasons, which emobench_{task} does not ask; write it with --form"
            f" direct, or ask for --tasks emobench{STEPS}"
        )
    if reasoned and forms == {DIRECT}:
        raise InputError(f"{_folder()}: asks for the answer alone; write it with --form steps, or ask for --tasks emobench")
    if task not in documents:
        there = ", ".join(f"emobench_{name}{STEPS if reasoned else ''}" for name in documents)
        raise InputError(f"{_folder()}: holds no question of {task}; ask for --tasks {there}")
    return Dataset.from_list(documents[task])


def doc_to_visual(document: dict[str, Any]) -> list[Any]:
    """Decoded RGB pictures, samples of sounds, paths of clips, or nothing for text, as lmms-eval's models take them."""
    if not document["media"]:
        return []
    root = Path(os.environ.get(MEDIA) or _folder() / "media").resolve()
    return [_visual(root / path, root, kind) for kind, path in document["media"]]


def _visual(path: Path, root: Path, kind: str) -> Any:
    if kind == "image":
        return open_picture(path, root)
    if leads_out(path, root) or not is_there(path):
        raise InputError(f"{path}: no such file below {root}; name the media's folder with {MEDIA}")
    return {"array": read_sound(path), "sampling_rate": RATE, "path": str(path)} if kind == "audio" else str(path)


def process_results(document: dict[str, str], answers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the gold and the answer of one question count as, for each figure of its type.

    `score`, from which lmms-eval takes the standard error of the first figure, is 1 where the two are equal.
    """
    gold = _benchmark(_folder()).gold[document["id"]]
    said = closing(answers[0]) if document["form"] != DIRECT else answers[0]
    truth, guess = read(gold, document["text"], said)
    counted = {"question": document["id"], "truth": truth, "guess": guess}
    scored = counted | {"score": gold.type.credit(truth, guess)}
    return {name: counted if place else scored for place, name in enumerate(gold.type.aggregates)}


def _aggregated(counted: Sequence[dict[str, Any]], *, name: str) -> float:
    kind = _benchmark(_folder()).gold[counted[0]["question"]].type
    return kind.aggregate([(one["truth"], one["guess"]) for one in counted])[name]
