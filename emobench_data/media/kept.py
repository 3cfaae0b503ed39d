"""Arrays kept on disk for later epochs: bounded, shared by all processes, the longest unused goes first."""

from __future__ import annotations

import fcntl
import hashlib
import io
import math
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from ..io.atomic import atomic_file, check_folder
from ..io.errors import InputError

_ROOM = 0.9  # an eviction leaves this share of the limit, so that not every new entry causes one
_HITS, _MISSES, _TOTAL, _LOCK = "hits", "misses", "total", ".lock"


class KeptArrays:
    """A folder of arrays. It holds no open file, so that workers may be forked or spawned with it.

    Args:
        folder: made when the first entry is kept; only this cache may write there.
        limit: bytes that its entries take at most; 0 keeps nothing.
        name: of the cache, where people read it.
        things: what comes from it.
    """

    def __init__(self, folder: Path, *, limit: float, name: str, things: str) -> None:
        if not 0 <= limit < math.inf:
            raise InputError(f"{name} {folder}: a limit of {limit / 1e9:g} GB; give 0 (no cache) or more")
        self.folder, self.limit, self.name, self.things = folder, int(limit), name, things

    def check(self) -> None:
        """Raise `InputError` where the folder can be neither made nor written to."""
        check_folder(self.folder, self.name)

    @staticmethod
    def key(*what: object) -> str:
        """The name of an entry, from all that its content depends on."""
        return hashlib.sha256(repr(what).encode("utf-8", "surrogateescape")).hexdigest()

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """The kept arrays, now the last used; None if they are not there, or spoilt from outside."""
        entry = self._entry(key)
        try:
            with np.load(entry, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            os.utime(entry)
        except OSError:
            arrays = None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            self.drop(key)
            arrays = None
        self._count(_MISSES if arrays is None else _HITS)
        return arrays

    def drop(self, key: str) -> None:
        """Take an entry away that is not what was kept, so that it is kept anew."""
        with suppress(OSError):
            self._entry(key).unlink(missing_ok=True)

    def keep(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays of a new key, and drop what was used longest ago where there is no room.

        Raises:
            InputError: the folder cannot be written to.
        """
        try:
            self._keep(key, arrays)
        except OSError as error:
            way_out = "make room there, name another folder, or go without"
            raise InputError(f"{self.name} {self.folder}: cannot be written ({error.strerror}); {way_out}") from error

    def _keep(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # none of them is called `allow_pickle`
        size, entry = buffer.tell(), self._entry(key)
        if size > self.limit:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if entry.exists() and entry.stat().st_size == size:  # another process was quicker
                return
            total = self._total()
            if total + size > self.limit:
                total = self._evict(int(_ROOM * self.limit) - size)
            # Before the entry: a process that is killed here counts too much, and the next eviction counts anew.
            with atomic_file(self.folder / _TOTAL, durable=False) as file:
                file.write(str(total + size).encode())
            with atomic_file(entry, durable=False) as file:
                file.write(buffer.getbuffer())

    def counts(self) -> tuple[int, int]:
        """Hits and misses of all processes, over the life of the folder."""
        hits, misses = (self.folder / name for name in (_HITS, _MISSES))
        return (hits.stat().st_size if hits.exists() else 0), (misses.stat().st_size if misses.exists() else 0)

    def hit_rate(self, since: tuple[int, int] = (0, 0)) -> str:
        """Such as `frame cache DIR: 90.0 % of 1,000 clips came from it, 41 MB of 4,295 MB`; `since` earlier counts."""
        hits, misses = (now - before for now, before in zip(self.counts(), since))
        share = 100 * hits / max(hits + misses, 1)
        size = f"{self._entries_size() / 1e6:,.0f} MB of {self.limit / 1e6:,.0f} MB"
        return f"{self.name} {self.folder}: {share:.1f} % of {hits + misses:,} {self.things} came from it, {size}"

    def _entry(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _count(self, name: str) -> None:
        """One byte appended counts one; that is atomic between processes. What cannot be counted is not: `keep` will say."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._append(name)

    def _append(self, name: str) -> None:
        with open(self.folder / name, "ab", buffering=0) as file:
            file.write(b".")

    def _evict(self, room: int) -> int:
        """Delete the entries used longest ago until the others take `room` bytes, and return what they take."""
        for left in self.folder.glob(".*.npz.*.tmp"):  # of a killed process: whoever writes holds the lock
            left.unlink(missing_ok=True)
        ages = sorted((status.st_mtime_ns, path, status.st_size) for path, status in self._entries())
        total = sum(size for _, _, size in ages)
        for _, path, size in ages:
            if total <= room:
                break
            path.unlink(missing_ok=True)
            total -= size
        return total

    def _total(self) -> int:
        try:
            return int((self.folder / _TOTAL).read_bytes())
        except (OSError, ValueError):
            return self._entries_size()

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        for found in os.scandir(self.folder) if self.folder.is_dir() else ():
            if found.name.endswith(".npz"):
                yield Path(found.path), found.stat()

    def _entries_size(self) -> int:
        return sum(status.st_size for _, status in self._entries())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self.folder / _LOCK, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
