"""Read LLaVA's own files, strictly: its training JSON, and the question and answer JSONL of its evaluation scripts.

A byte order mark at the beginning, as editors on Windows write one, does not count in JSONL; LLaVA's own training reads no
JSON with one.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from .errors import InputError
from .not_json import what_it_is
from .shards import open_shards


class Rows(list[Any]):
    """What a file would hold, in memory, under the name that messages call it by; every reader here takes it for a path."""

    def __init__(self, name: str, rows: Iterable[Any]) -> None:
        super().__init__(rows)
        self.name = name

    def __str__(self) -> str:
        return self.name


Readable = Path | str | Rows
_BEHIND_A_COMMA = "the list ends behind a comma"
_WAY_OUT = "write the file again, or give JSON lines, a record a line"


def readable(given: Path | str | Iterable[Any], name: str) -> Readable:
    """A path as it is; objects as `Rows` that are called `name`."""
    return given if isinstance(given, (Path, str, Rows)) else Rows(name, given)


def read_training(path: Path | Rows) -> Sequence[Any]:
    """The records of a training JSON, whatever they are, or of the shards whose `shards.json` it is, which stay on the disk.

    Raises:
        InputError: the file cannot be read, or is no JSON list; a shard is missing.
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
    if shards := open_shards(path, content):
        return shards
    if not isinstance(content, list):
        raise InputError(f"{path}: not a list of records; expected LLaVA's training JSON")
    return content


def stream_training(path: Path) -> Iterator[Any]:
    """The records of a training file one after another: JSON lines, or a JSON list that has a record a line, as ours have.

    Any other JSON list is read as a whole first.

    Raises:
        InputError: as `read_training`, or a line is no JSON.
    """
    try:
        with open(path, "rb") as file:
            first, second = file.readline(), file.readline()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if first.removeprefix(BOM_UTF8).startswith(b"{") and first.strip() != b"{":
        yield from (entry for _, entry in read_lines(path))
    elif first.rstrip(b"\r\n") == b"[" and second.startswith(b"{") and second.rstrip().endswith((b"}", b"},")):
        yield from _listed(path)
    else:
        yield from read_training(path)


def _listed(path: Path) -> Iterator[Any]:
    """The records of a list that has one a line, with commas between, from `[` to `]`."""
    wanted, ended = True, False  # whether a record may follow; whether the list has ended
    with open(path, "rb") as file:
        next(file)
        for number, line in enumerate(file, start=2):
            text = line.strip()
            if not text:
                continue
            place, record = line_place(path, number), text.removesuffix(b"]").rstrip()
            if ended:
                raise InputError(f"{place}: stands behind the end of the list; {_WAY_OUT}")
            if wanted is not bool(record):
                raise InputError(f"{place}: {_BEHIND_A_COMMA if wanted else 'no comma stands before it'}; {_WAY_OUT}")
            ended, wanted = text.endswith(b"]"), record.endswith(b",")
            if ended and wanted:
                raise InputError(f"{place}: {_BEHIND_A_COMMA}; {_WAY_OUT}")
            try:
                if record:
                    yield orjson.loads(record.removesuffix(b","))
            except orjson.JSONDecodeError as error:
                raise InputError(f"{place}: {what_it_is(record, error, lines=True)}") from error
    if not ended:
        raise InputError(f"{path}: the list has no end; it is cut off, write it again")


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
