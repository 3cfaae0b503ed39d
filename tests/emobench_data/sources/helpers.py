"""Building tiny made-up copies of data sets, and converting them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from emobench_data.schema.records import Record
from emobench_data.sources import Skips, get_source


def put(root: Path, path: str, content: Any = b"") -> Path:
    """Write a file below `root`: bytes and text as they are, anything else as JSON."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode("utf-8")
    file.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return file


def jsonl(*rows: Any) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def convert(name: str, root: Path) -> tuple[list[Record], Skips]:
    skips = Skips()
    return list(get_source(name).records(root, skips)), skips


def answers(records: list[Record], task: str) -> dict[str, str]:
    return {record.item: record.answer for record in records if record.task == task}


def splits(records: list[Record]) -> dict[str, str]:
    return {record.item: record.split for record in records}
