"""Records as a file, one JSON object a line: what a rationale is asked for, attributes and answer included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from ..io.atomic import atomic_file
from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from .records import Record

_NAMES = {field.name for field in fields(Record)}
_LISTS = {"accepted", "options"}


def write_record_file(records: Iterable[Record], path: Path) -> None:
    """Write `records` to `path`."""
    with atomic_file(path) as file:
        file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


def read_record_file(path: Path) -> list[Record]:
    """The records of `path`.

    Raises:
        InputError: the file cannot be read or is empty, or a line is no valid record or has the id of another one.
    """
    records: dict[str, Record] = {}
    for number, entry in read_lines(path):
        place = line_place(path, number)
        if not _sound(entry):
            raise InputError(f"{place}: not a record as `convert --keep-records` writes it; write the file again")
        values: dict[str, Any] = {name: tuple(value) if name in _LISTS else value for name, value in entry.items()}
        record = Record(**values)
        if records.setdefault(record.id, record) is not record:
            raise InputError(f"{place}: record {record.id} occurs twice; keep one")
    if not records:
        raise InputError(f"{path}: holds no record; write it again")
    return list(records.values())


def _sound(entry: dict[str, Any]) -> bool:
    lists = (entry.get(name) for name in _LISTS)
    attributes = entry.get("attributes")
    return (
        entry.keys() == _NAMES
        and all(isinstance(value, list) and {*map(type, value)} <= {str} for value in lists)
        and isinstance(attributes, dict)
        and {*map(type, attributes.values())} <= {str}
        and all(isinstance(entry[name], str) for name in _NAMES - _LISTS - {"attributes"})
    )
