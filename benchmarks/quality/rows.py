"""Results as JSON lines: one per data set, tower, arm, seed and fold; what is there is not run again."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any, Iterator

import orjson

from emobench_data.errors import InputError

Row = dict[str, Any]


def read_rows(*paths: Path) -> list[Row]:
    """Rows of all files, none of one that is not there.

    Raises:
        InputError: a line is no row.
    """
    return [row for path in paths if path.is_file() for row in _rows_of(path)]


def _rows_of(path: Path) -> Iterator[Row]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = orjson.loads(line)
            row["key"], row["answers"]  # noqa: B018
        except (orjson.JSONDecodeError, TypeError, KeyError) as error:
            raise InputError(f"{path}, line {number}: no row of this benchmark; take the line out") from error
        yield row


def append_row(path: Path, row: Row) -> None:
    """Add a row in one write, so that several runs may share a file and a kill leaves no half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(orjson.dumps(row) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def is_done(rows: list[Row], key: dict[str, Any]) -> bool:
    """Whether a row was made under exactly these conditions."""
    return any(row["key"] == key for row in rows)


def packed(answers: dict[str, str], gold: dict[str, str], options: tuple[str, ...]) -> dict[str, str]:
    """Item -> two letters: the places of the right option and of the given one."""
    place = {option: chr(ord("a") + number) for number, option in enumerate(options)}
    return {item: place[gold[item]] + place[given] for item, given in sorted(answers.items())}
