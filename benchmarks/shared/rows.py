"""Results as JSON lines: one per training, or way to ask after one; what is there is not run again.

What was asked is the same for many rows and stands in a line of its own before the first of them: `{"asked": ..., "options":
..., "right": {item: letter}}`. A row then says `"answers": "abc..."`, a letter for each item in that order: the place of the
option that was given, or what the answer counts as.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from emobench_data.io.errors import InputError

Row = dict[str, Any]
_ASKED = (
    "data",
    "seed",
    "fold",
    "folds",
    "development",
    "test",
)  # what the items of a row follow from, as far as its key has them


def read_rows(*paths: Path) -> list[Row]:
    """Rows of all files, none of one that is not there; their `answers` as item -> right letter and given one.

    Raises:
        InputError: a path is a folder, a line is no row, or what it asked stands nowhere before it.
    """
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: a folder; name a file of rows")
    return [row for path in paths if path.is_file() for row in _rows_of(path)]


def _rows_of(path: Path) -> Iterator[Row]:
    asked: dict[bytes, list[tuple[str, str]]] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = orjson.loads(line)
            if "asked" in row:
                asked[_place(row["asked"])] = [*row["right"].items()]
                continue
            own = asked.get(_place(row["key"]))
            pairs = zip(own, row["answers"], strict=True) if own is not None else ()
            row["answers"] = {item: right + given for (item, right), given in pairs}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{path}, line {number}: no row of this benchmark; take the line out") from error
        if own is None:
            raise InputError(f"{path}, line {number}: no line before it says what was asked; take the row out")
        yield row


def _place(key: dict[str, Any]) -> bytes:
    """What the items of a row follow from, as long as the copy of the data set is the same."""
    return orjson.dumps({name: key[name] for name in _ASKED if name in key})


def is_asked(path: Path, key: dict[str, Any], right: dict[str, str], options: tuple[str, ...]) -> bool:
    """Whether the file says what a row of this key asks.

    Raises:
        InputError: it says something else, since its rows are of another copy of the data set.
    """
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        if line.startswith(b'{"asked"') and _place((said := orjson.loads(line))["asked"]) == _place(key):
            if [*said["right"].items()] != [*right.items()] or said["options"] != [*options]:
                raise InputError(f"{path}: its rows of {key['data']} ask about other pictures; give --rows a file of its own")
            return True
    return False


def append_row(path: Path, row: Row, options: tuple[str, ...]) -> None:
    """Add a row in one write, so that several runs may share a file and a kill leaves no half of one.

    Args:
        row: its `answers` as `read_rows` gives them.
        options: what their letters stand for.

    Raises:
        InputError: see `is_asked`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    right = {item: pair[0] for item, pair in row["answers"].items()}
    lines = [{**row, "answers": "".join(pair[1] for pair in row["answers"].values())}]
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not is_asked(path, row["key"], right, options):
            lines.insert(0, {"asked": orjson.loads(_place(row["key"])), "options": options, "right": right})
        # A file that was edited by hand may lack its last newline.
        begin = b"\n" if path.stat().st_size and not path.read_bytes().endswith(b"\n") else b""
        file.write(begin + b"".join(orjson.dumps(line) + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def is_done(rows: list[Row], key: dict[str, Any]) -> bool:
    """Whether a row was made under exactly these conditions."""
    return any(row["key"] == key for row in rows)
