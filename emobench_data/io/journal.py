"""Files that a long job appends to, a line of JSON for all that is done, so that a stopped one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson


class Journal:
    """A file to append to. Open it with `appending`."""

    def __init__(self, path: Path) -> None:
        cut_off = _is_cut_off(path)
        self._file = open(path, "ab")
        if cut_off:
            self._file.write(b"\n")

    def add(self, value: Any) -> None:
        """Append `value`, at once."""
        self._file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_journal(path: Path) -> Iterator[Any]:
    """What the whole lines of `path` hold, where it is there; one that a killed run cut off does not count."""
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            continue


@contextmanager
def appending(path: Path) -> Iterator[Journal]:
    """`path` to append to; its folder is made, and a line that was cut off is ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(path)
    try:
        yield journal
    finally:
        journal.close()


def _is_cut_off(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return False
    with open(path, "rb") as file:
        file.seek(-1, 2)
        return file.read() != b"\n"
