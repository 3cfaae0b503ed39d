"""The answer file while it grows: answers are flushed as they come, a run that was killed goes on from there."""

from __future__ import annotations

import hashlib
import os
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson

from emobench_data.io.atomic import atomic_file, check_plain
from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import line_place, parse_lines, read_lines
from emobench_data.io.locks import alone
from emobench_data.schema.questions import Question

_BEGINNING = b'{"question_id":'  # of each answer


def run_id(**settings: Any) -> str:
    """A short name of what the answers follow from, kept in each answer's metadata."""
    return hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:16]


class Answers:
    """Answers in LLaVA's form, one JSON object a line.

    Args:
        path: the file; answers of the same run in it are kept, and one at its end that was cut off is taken away.
        questions: those that this file answers.
        model_id: as LLaVA's scripts write it.
        run: see `run_id`.

    Raises:
        InputError: the file holds answers of another run, or to other questions, or one twice, or something else, and
            is then as it was; it is no plain file; another process writes to it.
    """

    def __init__(self, path: Path, questions: list[Question], *, model_id: str, run: str) -> None:
        self.path, self.model_id, self.run = path, model_id, run
        self._order = {question.id: place for place, question in enumerate(questions)}
        check_plain(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = alone(path)
        try:
            self.done, whole = self._read()
        except InputError:
            self._file.close()
            raise
        self._file.truncate(whole)

    def add(self, question: Question, text: str, **metadata: Any) -> None:
        """Append one answer; it is in the file's hands when this returns."""
        entry = {
            "question_id": question.id,
            "prompt": question.text,
            "text": text,
            "answer_id": uuid.uuid4().hex,
            "model_id": self.model_id,
            "metadata": {"run": self.run, **metadata},
        }
        self._file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()
        self.done.add(question.id)

    def close(self) -> None:
        """Close the file; where every question is answered, put the answers in the questions' order.

        A file without an answer is taken away, unless no question was to be answered.
        """
        with self._file:
            os.fsync(self._file.fileno())
            if len(self.done) < len(self._order):
                if not self.done:
                    self.path.unlink()
                return
            lines = sorted((entry for _, entry in read_lines(self.path)), key=lambda one: self._order[one["question_id"]])
            with atomic_file(self.path) as file:
                file.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)

    def _read(self) -> tuple[set[str | int], int]:
        """Which questions are answered, and how many bytes those answers take."""
        content = self.path.read_bytes() if self.path.exists() else b""
        whole = content.rfind(b"\n") + 1
        done: set[str | int] = set()
        for number, entry in parse_lines(self.path, BytesIO(content[:whole])):
            place, key = line_place(self.path, number), entry.get("question_id")
            if not self._is_own(entry):
                raise InputError(
                    f"{place}: of another run (other model, template, questions or settings); name another file, or"
                    " delete this one"
                )
            if key not in self._order or key in done:
                raise InputError(f"{place}: question {key!r} is not asked or answered twice; delete the file")
            done.add(key)
        if not self._is_begun(content[whole:]):
            raise InputError(f"{self.path}: does not end with an answer of this run; name another file")
        return done, whole

    def _is_own(self, entry: Any) -> bool:
        metadata = entry.get("metadata") if isinstance(entry, dict) else None
        return isinstance(metadata, dict) and metadata.get("run") == self.run

    def _is_begun(self, line: bytes) -> bool:
        """Whether that is an answer without its line's end, or its beginning, which a killed run left, or nothing."""
        try:
            return self._is_own(orjson.loads(line))
        except orjson.JSONDecodeError:
            return line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
