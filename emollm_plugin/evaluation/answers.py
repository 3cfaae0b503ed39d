"""The answer file while it grows: answers are flushed as they come, a run that was killed goes on from there."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from emobench_data.atomic import atomic_file
from emobench_data.errors import InputError
from emobench_data.llava_files import line_place, read_lines
from emobench_data.questions import Question


def run_id(**settings: Any) -> str:
    """A short name of what the answers follow from, kept in each answer's metadata."""
    return hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:16]


class Answers:
    """Answers in LLaVA's form, one JSON object a line.

    Args:
        path: the file; answers of the same run in it are kept, and a last line that was cut off is taken away.
        questions: those that this file answers.
        model_id: as LLaVA's scripts write it.
        run: see `run_id`.

    Raises:
        InputError: the file holds answers of another run, or to other questions, or one twice.
    """

    def __init__(self, path: Path, questions: list[Question], *, model_id: str, run: str) -> None:
        self.path, self.model_id, self.run = path, model_id, run
        self._order = {question.id: place for place, question in enumerate(questions)}
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_last_line(path)
        self.done = self._read()
        self._file: BinaryIO = open(path, "ab")

    def add(self, question: Question, text: str, **metadata: Any) -> None:
        """Append one answer; it is in the file's hands when this returns."""
        entry = {
            "question_id": question.id, "prompt": question.text, "text": text, "answer_id": uuid.uuid4().hex,
            "model_id": self.model_id, "metadata": {"run": self.run, **metadata},
        }  # fmt: skip
        self._file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()
        self.done.add(question.id)

    def close(self) -> None:
        """Close the file; where every question is answered, put the answers in the questions' order."""
        os.fsync(self._file.fileno())
        self._file.close()
        if len(self.done) < len(self._order):
            return
        lines = sorted((entry for _, entry in read_lines(self.path)), key=lambda one: self._order[one["question_id"]])
        with atomic_file(self.path) as file:
            file.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)

    def _read(self) -> set[str | int]:
        done: set[str | int] = set()
        for number, entry in read_lines(self.path):
            place, key = line_place(self.path, number), entry.get("question_id")
            metadata = entry.get("metadata")
            if not isinstance(metadata, dict) or metadata.get("run") != self.run:
                raise InputError(
                    f"{place}: of another run (other model, template, questions or settings); name another file, or"
                    " delete this one"
                )
            if key not in self._order or key in done:
                raise InputError(f"{place}: question {key!r} is not asked or answered twice; delete the file")
            done.add(key)
        return done


def _cut_last_line(path: Path) -> None:
    """Take away what a killed run wrote after the last line's end."""
    with open(path, "ab+") as file:
        file.seek(0)
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
