"""The files of one build while they are written: opened when first needed, hashed on the way to the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from .digest import digest_of

_BUFFER = 1 << 18


class Outputs:
    """Files below `folder`; `sums` holds name -> SHA-256 once it is closed."""

    def __init__(self, folder: Path) -> None:
        self.sums: dict[str, str] = {}
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self._pending: dict[str, bytearray] = {}
        self._hashes: dict[str, Any] = {}

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, *_: object) -> None:
        for name, file in self._files.items():
            self._flush(name)
            file.close()
            self.sums[name] = self._hashes[name].hexdigest()

    def write(self, name: str, data: bytes) -> None:
        """Append `data` to the file `name`."""
        pending = self._pending.get(name)
        if pending is None:
            path = self._folder / name
            path.parent.mkdir(exist_ok=True)
            self._files[name] = open(path, "wb")
            self._hashes[name] = hashlib.sha256()
            pending = self._pending[name] = bytearray()
        pending += data
        if len(pending) >= _BUFFER:
            self._flush(name)

    def line(self, name: str, value: Any) -> None:
        """Append `value` as a line of JSON."""
        self.write(name, orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))

    def of(self, *names: str) -> dict[str, str]:
        """The SHA-256 of files that something else wrote, as far as they are there."""
        paths = {name: self._folder / name for name in names}
        return {name: digest_of(path) for name, path in paths.items() if path.is_file()}

    def _flush(self, name: str) -> None:
        pending = self._pending[name]
        self._hashes[name].update(pending)
        self._files[name].write(pending)
        pending.clear()
