"""Whether a medium is still the file that it was, told without reading it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR

Stamp = tuple[int, int]


def stamp(path: Path) -> Stamp | None:
    """Size in bytes and time of the last change in ns; of a folder the sizes' sum and a number made of all its files.

    None where there is nothing, or a name that no file can have.
    """
    try:
        status = os.stat(path)
        if not S_ISDIR(status.st_mode):
            return status.st_size, status.st_mtime_ns
        with os.scandir(path) as entries:
            files = sorted((entry.name, (own := entry.stat()).st_size, own.st_mtime_ns) for entry in entries)
    except (OSError, ValueError):
        return None
    content = hashlib.blake2b(repr(files).encode("utf-8", "surrogatepass"), digest_size=7).digest()
    return sum(size for _, size, _ in files), int.from_bytes(content, "big")


def signature(names: Iterable[str | Path], root: Path = Path()) -> str:
    """SHA-256 over the media `root`/name: their names as given, sizes and times of change; their order does not count.

    A file that was replaced, changed, added or removed gives another one. Nothing is read, so that a file which was only
    touched or copied anew does too. A medium that is missing counts as missing.
    """
    content = hashlib.sha256()
    for name in sorted({os.fspath(name) for name in names}):
        size, changed = stamp(root / name) or ("missing", "")
        content.update(f"{name}\0{size}\0{changed}\n".encode("utf-8", "surrogatepass"))
    return content.hexdigest()
