"""Training records in shards, read one at a time by their place: memory and start do not grow with their number.

A set of shards is a folder. `shards.json` names its files in order; record i of the whole is line i // S of shard i % S, of S
shards, so that the order is that of the file they were made from. A shard is JSON lines (`train-00003-of-00016.jsonl`), as
`datasets.load_dataset("json", streaming=True)` reads it, and an index beside it (`.index`, rows of `ROW`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import orjson

from .digest import digest_of
from .errors import InputError

MANIFEST, VERSION = "shards.json", 1
AGAIN = "write the shards again: `python -m emobench_data shards`"
# Where a record's line begins, its bytes, and a bit for each of the manifest's `kinds` of media that it has.
ROW = np.dtype([("offset", "<u8"), ("size", "<u4"), ("kinds", "<u2")])


def shard_name(number: int, count: int) -> str:
    """The file of shard `number`, from 0, of `count`."""
    return f"train-{number:05d}-of-{count:05d}.jsonl"


def index_of(shard: Path) -> Path:
    """The index beside a shard."""
    return shard.with_suffix(".index")


class ShardedRecords(Sequence[dict[str, Any]]):
    """The records of a set of shards, or some of them, in their order.

    Args:
        manifest: the path of `shards.json`.
        content: what it holds.
        places: numbers of the records, counted from 0 over the whole set; None for all.

    Raises:
        InputError: a shard or index is missing, or is not the one that was written.
    """

    def __init__(self, manifest: Path, content: dict[str, Any], places: np.ndarray | None = None) -> None:
        self.manifest, self.content, self._places = manifest, content, places
        self._files: dict[int, int] = {}  # shard -> file descriptor
        self._rows = [read_index(manifest.parent / shard["file"], shard) for shard in content["shards"]]

    def __len__(self) -> int:
        return self.content["records"] if self._places is None else len(self._places)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index):
        """The record at `index`, or those of a slice."""
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        place = range(len(self))[index]  # negative ones, and those beyond the end
        return self._read(place if self._places is None else int(self._places[place]))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[number] for number in range(len(self)))

    @cached_property
    def sizes(self) -> np.ndarray:
        """Bytes of each record's line, (N,): no text of it has more tokens, unless a tokenizer rewrites it at length."""
        return self._column("size")

    def having(self, kind: str) -> np.ndarray:
        """Which records have a medium of `kind`, (N,)."""
        if kind not in self.content["kinds"]:
            return np.zeros(len(self), bool)
        return (self._column("kinds") >> self.content["kinds"].index(kind) & 1).astype(bool)

    def without(self, left_out: set[int]) -> ShardedRecords:
        """Those whose numbers here are not in `left_out`."""
        if not left_out:
            return self
        places = np.arange(self.content["records"]) if self._places is None else self._places
        return ShardedRecords(self.manifest, self.content, np.delete(places, sorted(left_out)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_files": {}}  # an open file is its process's own

    def __del__(self) -> None:
        for file in self.__dict__.get("_files", {}).values():
            os.close(file)

    def _column(self, name: str) -> np.ndarray:
        whole = np.empty(self.content["records"], ROW[name])
        for number, rows in enumerate(self._rows):
            whole[number :: len(self._rows)] = rows[name]
        return whole if self._places is None else whole[self._places]

    def _read(self, place: int) -> dict[str, Any]:
        line, shard = divmod(place, len(self._rows))
        row = self._rows[shard][line]
        data = os.pread(self._file(shard), int(row["size"]), int(row["offset"]))
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{self._path(shard)}, line {line + 1}: is not what was written ({error}); {AGAIN}") from error

    def _file(self, shard: int) -> int:
        if shard not in self._files:
            self._files[shard] = os.open(self._path(shard), os.O_RDONLY)
        return self._files[shard]

    def _path(self, shard: int) -> Path:
        return self.manifest.parent / self.content["shards"][shard]["file"]

    def verify(self) -> None:
        """Raise `InputError` where a shard's content is not what was written; it reads all of it."""
        for shard in self.content["shards"]:
            path = self.manifest.parent / shard["file"]
            if digest_of(path) != shard["sha256"]:
                raise InputError(f"{path}: its content is not what was written; {AGAIN}")


def read_index(path: Path, shard: dict[str, Any]) -> np.ndarray:
    """The rows of a shard's index, (N,) of `ROW`, known to be those of its lines.

    Args:
        path: of the shard.
        shard: what the manifest says of it.

    Raises:
        InputError: shard or index is missing, or is another.
    """
    try:
        size, index = path.stat().st_size, index_of(path)
        rows = np.memmap(index, ROW, "r") if index.stat().st_size else np.empty(0, ROW)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: it or its index cannot be read ({error}); {AGAIN}") from error
    ends = np.cumsum(rows["size"], dtype="<u8")
    if size != shard["bytes"] or len(rows) != shard["records"] or int(ends[-1:].sum()) != size:
        raise InputError(f"{path}: it or its index is not what was written; {AGAIN}")
    if not np.array_equal(rows["offset"][1:], ends[:-1]) or rows["offset"][:1].any():
        raise InputError(f"{path}: its index is not what was written; {AGAIN}")
    return rows


def open_shards(manifest: Path, content: Any) -> ShardedRecords | None:
    """The records of a set of shards; None if `content`, what a JSON file holds, is no manifest of one.

    Raises:
        InputError: a shard is missing or another, the manifest is broken, or a newer version wrote it.
    """
    if not isinstance(content, dict) or "shards" not in content:
        return None
    if content.get("version") != VERSION:
        raise InputError(f"{manifest}: version {content.get('version')} of shards; this program reads {VERSION}, update it")
    try:
        shards = ShardedRecords(manifest, content)
        whole = len(shards) == sum(shard["records"] for shard in content["shards"]) > 0
        whole = whole and isinstance(content["kinds"], list) and isinstance(content["learned"], dict)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{manifest}: is not as it was written ({error!r}); {AGAIN}") from error
    if not whole:
        raise InputError(f"{manifest}: is not as it was written; {AGAIN}")
    return shards
