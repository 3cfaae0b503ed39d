"""One shard while it is written: its lines, the index to them, and in the end the note that says it is whole."""

from __future__ import annotations

import hashlib
import os
import struct
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import orjson

from ..export.learned import Learned
from ..io.digest import digest_of
from ..io.errors import InputError
from ..io.locks import locked
from ..io.shards import index_of, read_index

_BUFFER = 1 << 18
_ROW = struct.Struct("<QIH")  # io.shards.ROW

Origin = dict[str, Any]  # what shards were made of, as their notes and manifest hold it


def note_of(shard: Path) -> Path:
    """What says that a shard is whole, and what it was made of."""
    return shard.with_suffix(".note")


def read_note(shard: Path, origin: Origin) -> dict[str, Any] | None:
    """What is noted of a shard that is whole; None if it is not there, or no longer what was written.

    Raises:
        InputError: it is of other records, or there is a file of its name that was not written here.
    """
    note = note_of(shard)
    if not note.is_file():
        if shard.exists() and not _work_of(shard).exists():
            raise InputError(f"{shard}: is there already and was not written here; name another folder")
        return None
    try:
        found = orjson.loads(note.read_bytes())
        made_of, noted = found["origin"], found["shard"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{note}: is no note of a shard; remove its folder, or name another") from error
    if made_of != origin:
        raise InputError(f"{shard}: was made of other records; remove its folder, or name another")
    try:
        read_index(shard, noted)
    except InputError:
        return None
    return found if digest_of(shard) == noted["sha256"] else None


def _work_of(shard: Path) -> Path:
    """The folder in which a shard is written; a kill leaves it, and the next call goes on in it."""
    return shard.with_suffix(".writing")


class ShardFile:
    """A shard that is written, held against every other process until `finish` or `close`; these wait.

    Args:
        kinds: of media, in the order of their bits in the index.
    """

    def __init__(self, path: Path, kinds: list[str]) -> None:
        self.path, self.kinds, self.learned = path, kinds, Learned()
        self._held, self._work = ExitStack(), _work_of(path)
        self._held.enter_context(locked(self._work))
        self._lines = self._work / path.name
        self._file = open(self._lines, "wb", _BUFFER)
        self._hash, self._rows, self._offset, self._closed = hashlib.sha256(), bytearray(), 0, False

    def add(self, record: dict[str, Any]) -> None:
        """Write one record."""
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        bits = sum(1 << bit for bit, kind in enumerate(self.kinds) if kind in record)
        self._rows += _ROW.pack(self._offset, len(line), bits)
        self._file.write(line)
        self._hash.update(line)
        self._offset += len(line)
        self.learned.add(record)

    def finish(self, origin: Origin) -> None:
        """Make it a shard, the note last; nothing can be added then."""
        shard = {
            "file": self.path.name,
            "records": self.learned.records,
            "bytes": self._offset,
            "sha256": self._hash.hexdigest(),
        }
        note = {"origin": origin, "shard": shard, "kinds": self.kinds, "learned": self.learned.as_json()}
        self._file.close()
        index_of(self._lines).write_bytes(self._rows)
        note_of(self._lines).write_bytes(orjson.dumps(note, option=orjson.OPT_INDENT_2) + b"\n")
        for name in (self.path, index_of(self.path), note_of(self.path)):
            with open(self._work / name.name, "rb") as file:
                os.fsync(file.fileno())
            os.replace(self._work / name.name, name)
        self.close()

    def close(self) -> None:
        """Let go of it; what is not finished is gone. A second time it does nothing, for another may hold it then."""
        if self._closed:
            return
        self._closed = True
        self._file.close()
        for name in (self._lines, index_of(self._lines), note_of(self._lines)):
            name.unlink(missing_ok=True)
        self._held.close()
        with suppress(OSError):  # another holds it by now
            self._work.rmdir()
