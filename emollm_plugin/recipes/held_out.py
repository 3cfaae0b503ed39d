"""The records that the loss on held-out data is of: the validation part of a data set, as training would read it."""

from __future__ import annotations

from pathlib import Path

import orjson

from emobench_data.export.llava import QUESTIONS
from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import read_entries
from emobench_data.schema.parsing import closed
from emobench_data.schema.questions import Question, read_visual
from emobench_data.schema.tasks import get_task


def held_out_records(folder: Path, name: str) -> bytes:
    """LLaVA's training JSON of the validation part in `folder`, the question of each record with its right answer.

    Args:
        folder: what `emobench_data convert` wrote.
        name: of the data set, for the error.

    Raises:
        InputError: there is no validation part.
    """
    questions, gold = (folder / file for file in QUESTIONS["val"])
    if not questions.is_file():
        raise InputError(f"EVAL_STRATEGY: this copy of {name} has no validation part; name EVAL_DATA, or EVAL_STRATEGY=no")
    answers = {name: _written(entry) for name, _, entry in read_entries(gold)}
    return orjson.dumps([_record(one, answers[str(one.id)]) for one in read_visual(questions, heard=True)])


def _written(entry: dict) -> str:
    """The answer of a gold line in the words in which it is trained."""
    answer = entry["answer"]
    return get_task(entry["task"]).type.written(tuple(answer) if isinstance(answer, list) else answer)


def _record(question: Question, answer: str) -> dict:
    own = {one.kind: one.path for one in question.media}
    human = "".join(f"<{key}>\n" for key in own) + question.text
    said = closed("", answer).strip() if question.reasoned else answer
    turns = [{"from": "human", "value": human}, {"from": "gpt", "value": said}]
    return {"id": str(question.id), **own, "conversations": turns}
