"""Read LLaVA's own files, strictly: its training JSON, and the question and answer JSONL of its evaluation scripts.

A byte order mark at the beginning, as editors on Windows write one, does not count in JSONL; LLaVA's own training reads no
JSON with one.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from .errors import InputError
from .not_json import what_it_is


class Rows(list[Any]):
    """What a file would hold, in memory, under the name that messages call it by; every reader here takes it for a path."""

    def __init__(self, name: str, rows: Iterable[Any]) -> None:
        super().__init__(rows)
        self.name = name

    def __str__(self) -> str:
        return self.name


Readable = Path | str | Rows


def readable(given: Path | str | Iterable[Any], name: str) -> Readable:
    """A path as it is; objects as `Rows` that are called `name`."""
    return given if isinstance(given, (Path, str, Rows)) else Rows(name, given)


def read_training(path: Path | Rows) -> list[Any]:
    """The records of a training JSON, whatever they are.

    Raises:
        InputError: the file cannot be read, or is no JSON list.
    """
    if isinstance(path, Rows):
        return path
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if raw.startswith(BOM_UTF8):
        raise InputError(f"{path}: begins with a byte order mark, which LLaVA's training does not read; save it without")
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: {what_it_is(raw, error)}; expected LLaVA's training JSON, a list of records") from error
    if not isinstance(content, list):
        raise InputError(f"{path}: not a list of records; expected LLaVA's training JSON")
    return content


def read_lines(path: Readable) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line of a JSONL file; blank lines are passed over.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object.
    """
    if isinstance(path, Rows):
        yield from _numbered(path)
        return
    try:
        file = open(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    with file:
        yield from parse_lines(path, file)


def _numbered(rows: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, entry in enumerate(rows, start=1):
        if not isinstance(entry, dict):
            raise InputError(f"{line_place(rows, number)}: a {type(entry).__name__}; expected a dict")
        yield number, entry


def parse_lines(path: Path | str, lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """As `read_lines`, of lines that were read from `path` already."""
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        try:
            entry = orjson.loads(line.removeprefix(BOM_UTF8) if number == 1 else line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{line_place(path, number)}: {what_it_is(line, error, lines=True)}") from error
        if not isinstance(entry, dict):
            what = "one JSON list" if isinstance(entry, list) else "not an object"
            raise InputError(f"{line_place(path, number)}: {what}; expected JSON lines, one object a line")
        yield number, entry


def read_entries(path: Readable) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Question id, line number and object of each line of a question or answer file; blank lines are passed over.

    Raises:
        InputError: the file cannot be read, or a line is no object with a question id of its own.
    """
    seen: dict[str, int] = {}
    for number, entry in read_lines(path):
        question = entry.get("question_id")
        if isinstance(question, bool) or not isinstance(question, (str, int)):
            raise InputError(f"{line_place(path, number)}: no question_id, which must be a string or a whole number")
        question = str(question)
        if seen.setdefault(question, number) != number:
            place = line_place(path, number)
            raise InputError(f"{place}: question {question!r} occurs twice, first in line {seen[question]}; keep one")
        yield question, number, entry


def line_place(path: Readable, number: int) -> str:
    """How messages name a line."""
    return f"{path}, {'entry' if isinstance(path, Rows) else 'line'} {number}"
