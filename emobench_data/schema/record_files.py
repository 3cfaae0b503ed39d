"""Records as a file, one JSON object a line: what a rationale is asked for, attributes and answer included."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from .records import Medium, Record

_NAMES = {field.name for field in fields(Record)}
_LISTS = {"references", "options"}
_ANSWERS = {"answer", "references"}  # of the form that the task's type has, which the record itself checks


def record_line(record: Record) -> bytes:
    """The line of `record`."""
    return orjson.dumps(record, default=Medium._asdict, option=orjson.OPT_APPEND_NEWLINE)


def read_record_file(path: Path) -> list[Record]:
    """The records of `path`.

    Raises:
        InputError: the file cannot be read or is empty, or a line is no valid record or has the id of another one.
    """
    records: dict[str, Record] = {}
    for number, entry in read_lines(path):
        place = line_place(path, number)
        if "modality" in entry:
            entry = _of_today(entry)
        if not _sound(entry):
            raise InputError(f"{place}: not a record as `convert --keep-records` writes it; write the file again")
        values: dict[str, Any] = {
            name: _typed(value) if name in _ANSWERS or name in _LISTS else value for name, value in entry.items()
        }
        record = Record(**values | {"media": _media(entry)})
        if records.setdefault(record.id, record) is not record:
            raise InputError(f"{place}: record {record.id} occurs twice; keep one")
    if not records:
        raise InputError(f"{path}: holds no record; write it again")
    return list(records.values())


def _typed(value: Any) -> Any:
    """A list of JSON as the tuple that it was."""
    return tuple(map(_typed, value)) if isinstance(value, list) else value


def _of_today(entry: dict[str, Any]) -> dict[str, Any]:
    """A line from before: `media` is the path of one, its kind or `text` for none is `modality`; `accepted` is `references`."""
    old = dict(entry)
    kind, path = old.pop("modality"), old.get("media")
    return old | {"media": [{"kind": kind, "path": path}] if path else [], "references": old.pop("accepted", None)}


def _media(entry: dict[str, Any]) -> tuple[Medium, ...]:
    return tuple(Medium(one["kind"], one["path"]) for one in entry["media"])


def _sound(entry: dict[str, Any]) -> bool:
    lists = (entry.get(name) for name in _LISTS)
    attributes = entry.get("attributes")
    return (
        entry.keys() == _NAMES
        and all(isinstance(value, list) for value in lists)
        and {*map(type, entry["options"])} <= {str}
        and isinstance(entry["media"], list)
        and all(isinstance(one, dict) and one.keys() == {"kind", "path"} for one in entry["media"])
        and all(isinstance(value, str) for one in entry["media"] for value in one.values())
        and isinstance(attributes, dict)
        and {*map(type, attributes.values())} <= {str}
        and all(isinstance(entry[name], str) for name in _NAMES - _LISTS - _ANSWERS - {"attributes", "media"})
    )
