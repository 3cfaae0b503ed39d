"""Check and compare media by the hundred thousand: in parallel, with a progress bar, going on where a run was stopped.

Results are kept in a cache file, one JSON line each, and hold as long as a file's size and time of change do.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterable, Iterator, Mapping, NamedTuple

import orjson
from tqdm import tqdm

from .errors import InputError
from .media import OUTSIDE, clip_seconds, leads_out, media_fault
from .pyav import load_pyav
from .stamp import Stamp, signature, stamp

__all__ = ["MediaCache", "Medium", "check_all", "digests", "media_cache", "refuse", "signature"]

_CHUNK = 1 << 20
_WAITING = 64  # jobs handed out ahead; more would only cost memory


class Medium(NamedTuple):
    """One file: the folder it may not lead out of, its name below, and `image` or `video`."""

    root: Path
    name: str
    modality: str

    @property
    def path(self) -> Path:
        return self.root / self.name


class MediaCache:
    """What is known of files from earlier runs. Open it with `media_cache`."""

    def __init__(self, known: dict[tuple[str, str], tuple[Stamp, Any]], file: BinaryIO | None) -> None:
        self._known = known
        self._file = file

    def results(
        self, kind: str, paths: Iterable[Path], work: Callable[[Path], Any], *, title: str,
        keep: Callable[[Any], bool] = lambda value: True,
    ) -> Iterator[tuple[Path, Any]]:  # fmt: skip
        """Yield `(path, work(path))` in the order of `paths`; what an earlier run found is not worked out again.

        Args:
            kind: what is worked out, and with what; results of another kind are others.
            title: of the progress bar.
            keep: whether a result is kept for later runs.
        """
        paths = list(paths)
        waiting: deque[tuple[Path, Stamp | None, Future | None, Any]] = deque()
        with (
            ThreadPoolExecutor(os.cpu_count()) as pool,
            tqdm(total=len(paths), desc=title, unit="file", disable=None) as bar,
        ):
            for number, path in enumerate(paths, 1):
                now = stamp(path)
                known = self._known.get((kind, _key(path)))
                fresh = known is None or now is None or known[0] != now
                waiting.append((path, now, pool.submit(work, path) if fresh else None, None if fresh else known[1]))
                while waiting and (len(waiting) > _WAITING or number == len(paths)):
                    path, now, job, value = waiting.popleft()
                    if job:
                        value = job.result()
                        if now and keep(value):
                            self._keep(kind, path, now, value)
                    bar.update()
                    yield path, value

    def _keep(self, kind: str, path: Path, now: Stamp, value: Any) -> None:
        if self._file:
            self._file.write(orjson.dumps([kind, _key(path), *now, value]) + b"\n")
            self._file.flush()


def _key(path: Path) -> str:
    return os.fsencode(os.path.abspath(path)).decode("utf-8", "replace")


@contextmanager
def media_cache(path: Path | None) -> Iterator[MediaCache]:
    """The cache that is kept in `path`, or one that is not kept; a line cut off by a killed run does not count."""
    if path is None:
        yield MediaCache({}, None)
        return
    known: dict[tuple[str, str], tuple[Stamp, Any]] = {}
    whole = b""
    if path.is_file():
        for line in path.read_bytes().splitlines():
            try:
                kind, name, size, changed, value = orjson.loads(line)
                known[kind, name] = ((size, changed), value)
            except (ValueError, TypeError):
                continue
        whole = b"\n"  # ends a line that was cut off
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.write(whole)
        yield MediaCache(known, file)


def check_all(media: Mapping[str, Medium], cache: MediaCache) -> tuple[dict[str, str], dict[str, float]]:
    """Open every medium: `(fault by name, seconds by name of a clip)`, both for those that have one.

    Raises:
        InputError: there are clips, and PyAV is not installed.
    """
    if any(medium.modality == "video" for medium in media.values()):
        load_pyav("checking clips")
    roots = {root: root.resolve() for root in {medium.root for medium in media.values()}}
    # A link may change while the file it leads to stays as it is, so that this is asked anew in every run.
    faults = {name: OUTSIDE for name, medium in media.items() if leads_out(medium.path, roots[medium.root])}
    by_path = {medium.path: medium for name, medium in media.items() if name not in faults}

    def work(path: Path) -> list[Any]:
        medium = by_path[path]
        fault = media_fault(path, medium.modality, roots[medium.root])
        return [fault, clip_seconds(path) if medium.modality == "video" and not fault else None]

    found = dict(cache.results("check", by_path, work, title="checking media"))
    seconds: dict[str, float] = {}
    for name, medium in media.items():
        fault, length = found.get(medium.path, (None, None))
        if fault:
            faults[name] = fault
        if length is not None:
            seconds[name] = length
    return faults, seconds


def digests(paths: Iterable[Path], cache: MediaCache) -> dict[Path, str]:
    """SHA-256 of each file that can be read."""
    found = cache.results("sha256", paths, _digest, title="comparing media")
    return {path: digest for path, digest in found if digest}


def _digest(path: Path) -> str | None:
    content = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_CHUNK):
                content.update(block)
    except OSError:
        return None  # a medium that is missing is the media check's business
    return content.hexdigest()


def refuse(faults: Mapping[str, str], total: int, place: object, *, way_out: str, named: int = 5) -> None:
    """Raise `InputError` that names some of `faults`, counts all and ends in `way_out`, if there are any."""
    if faults:
        listed = ", ".join(f"{name} ({fault})" for name, fault in list(faults.items())[:named])
        more = f" and {len(faults) - named} more" if len(faults) > named else ""
        raise InputError(f"{len(faults)} of {total} media of {place} are faulty: {listed}{more}; {way_out}")
