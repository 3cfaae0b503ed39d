"""Results as JSON lines: one per data set, tower, arm, seed and fold; what is there is not run again.

What was asked is the same for many rows and stands in a line of its own before the first of them: `{"asked": ..., "options":
..., "right": {item: letter}}`. A row then says `"answers": "abc..."`, a letter for each item in that order: the place of the
option that was given.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any, Iterator

import orjson

from emobench_data.errors import InputError

Row = dict[str, Any]
_ASKED = ("data", "seed", "fold", "folds", "development", "test")  # what the items of a row follow from


def read_rows(*paths: Path) -> list[Row]:
    """Rows of all files, none of one that is not there; their `answers` as item -> right letter and given one.

    Raises:
        InputError: a line is no row, or does not fit what was asked.
    """
    return [row for path in paths if path.is_file() for row in _rows_of(path, {})]


def _rows_of(path: Path, asked: dict[bytes, dict[str, str]]) -> Iterator[Row]:
    """The rows of a file; what they ask is gathered in `asked`."""
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = orjson.loads(line)
            if "asked" in row:
                asked[orjson.dumps(row["asked"])] = row["right"]
                continue
            right = asked[orjson.dumps(_asked(row["key"]))]
            row["answers"] = {item: own + given for (item, own), given in zip(right.items(), row["answers"], strict=True)}
        except (orjson.JSONDecodeError, ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}, line {number}: no row of this benchmark; take the line out") from error
        yield row


def _asked(key: dict[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in _ASKED}


def append_row(path: Path, row: Row, options: tuple[str, ...]) -> None:
    """Add a row in one write, so that several runs may share a file and a kill leaves no half of one.

    Args:
        row: its `answers` as `packed` gives them.
        options: what their letters stand for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        asked: dict[bytes, dict[str, str]] = {}
        list(_rows_of(path, asked))
        own, lines = _asked(row["key"]), []
        if orjson.dumps(own) not in asked:
            right = {item: pair[0] for item, pair in row["answers"].items()}
            lines.append({"asked": own, "options": options, "right": right})
        lines.append({**row, "answers": "".join(pair[1] for pair in row["answers"].values())})
        file.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def is_done(rows: list[Row], key: dict[str, Any]) -> bool:
    """Whether a row was made under exactly these conditions."""
    return any(row["key"] == key for row in rows)


def packed(answers: dict[str, str], gold: dict[str, str], options: tuple[str, ...]) -> dict[str, str]:
    """Item -> two letters: the places of the right option and of the given one."""
    place = {option: chr(ord("a") + number) for number, option in enumerate(options)}
    return {item: place[gold[item]] + place[given] for item, given in sorted(answers.items())}
