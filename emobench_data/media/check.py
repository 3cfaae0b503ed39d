"""Check and compare media by the hundred thousand: in parallel, with a progress bar, going on where a run was stopped.

Results are kept in a cache file, one JSON line each, and hold as long as a file's size and time of change do, and the
versions of what reads it.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from ..io.errors import InputError
from ..io.journal import Journal, appending, read_journal
from .examine import examine
from .kind import Finding
from .kinds import kinds
from .places import OUTSIDE, leads_out
from .stamp import Stamp, signature, stamp
from .video import Sampling, reader_version

__all__ = ["MediaCache", "MediaFile", "check_all", "digests", "media_cache", "refuse", "signature"]

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20
_WAITING = 64  # jobs handed out ahead; more would only cost memory


class MediaFile(NamedTuple):
    """One file, or folder of a clip's frames: the folder it may not lead out of, its name below, and its kind."""

    root: Path
    name: str
    kind: str

    @property
    def path(self) -> Path:
        return self.root / self.name


class MediaCache:
    """What is known of files from earlier runs. Open it with `media_cache`."""

    def __init__(self, known: dict[tuple[str, str], tuple[Stamp, Any]], journal: Journal | None) -> None:
        self._known = known
        self._journal = journal

    def results(
        self,
        kind: str,
        paths: Iterable[Path],
        work: Callable[[Path], Any],
        *,
        title: str,
        keep: Callable[[Any], bool] = lambda value: True,
    ) -> Iterator[tuple[Path, Any]]:
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
                if known is None or now is None or known[0] != now:
                    waiting.append((path, now, pool.submit(work, path), None))
                else:
                    waiting.append((path, now, None, known[1]))
                while waiting and (len(waiting) > _WAITING or number == len(paths)):
                    path, now, job, value = waiting.popleft()
                    if job:
                        value = job.result()
                        if now and keep(value):
                            self._keep(kind, path, now, value)
                    bar.update()
                    yield path, value

    def _keep(self, kind: str, path: Path, now: Stamp, value: Any) -> None:
        if self._journal:
            self._journal.add([kind, _key(path), *now, value])


def _key(path: Path) -> str:
    return os.fsencode(os.path.abspath(path)).decode("utf-8", "replace")


@contextmanager
def media_cache(path: Path | None) -> Iterator[MediaCache]:
    """The cache that is kept in `path`, or one that is not kept; a line cut off by a killed run does not count."""
    if path is None:
        yield MediaCache({}, None)
        return
    known: dict[tuple[str, str], tuple[Stamp, Any]] = {}
    for line in read_journal(path):
        try:
            kind, name, size, changed, value = line
            known[kind, name] = ((size, changed), value)
        except (ValueError, TypeError):
            continue
    with appending(path) as journal:
        yield MediaCache(known, journal)


def check_all(
    media: Mapping[str, MediaFile], cache: MediaCache, sampling: Sampling = Sampling()
) -> tuple[dict[str, str], dict[str, float]]:
    """Open every medium as it will be read: `(fault by name, seconds by name of a clip)`, both for those that have one.

    Clips of which some frames do not decode are named in a warning. Faults are not kept for later runs.

    Args:
        sampling: the frames of a clip that will be read.

    Raises:
        InputError: a library that reads a kind of them, such as PyAV for clips, is not installed.
    """
    there = {medium.kind for medium in media.values()}
    known_kinds = [kind for kind in kinds() if kind.name in there]
    for kind in known_kinds:
        kind.ready()
    roots = {root: root.resolve() for root in {medium.root for medium in media.values()}}
    # A link may change while the file it leads to stays as it is, so that this is asked anew in every run.
    faults = dict.fromkeys(_outside(media, roots), OUTSIDE)
    known: dict[tuple[Path, str], Sequence[Any]] = {}
    for kind in known_kinds:
        name = kind.name
        paths = {one.path: one for own, one in media.items() if own not in faults and one.kind == name}

        def work(path: Path, name: str = name, paths: dict[Path, MediaFile] = paths) -> list[Any]:
            return list(examine(path, name, roots[paths[path].root], sampling))

        version = ", ".join(filter(None, (f"check {name}", reader_version(), kind.version(sampling))))
        found = cache.results(version, paths, work, title=kind.checking, keep=lambda value: not value[0])
        known |= {(path, name): value for path, value in found}
    seconds: dict[str, float] = {}
    spoilt: list[str] = []
    for name, medium in media.items():
        fault, length, lost = known.get((medium.path, medium.kind), Finding(None))
        if fault:
            faults[name] = fault
        if length is not None:
            seconds[name] = length
        if lost:
            spoilt.append(name)
    if spoilt:
        logger.warning(
            "%d clips have frames that do not decode, for which the nearest are read: %s%s",
            len(spoilt),
            ", ".join(spoilt[:5]),
            " ..." * (len(spoilt) > 5),
        )
    return faults, seconds


def _outside(media: Mapping[str, MediaFile], roots: Mapping[Path, Path]) -> Iterator[str]:
    """The names that lead out of their root; the folders on the way are followed once."""
    folders: dict[tuple[Path, str], bool] = {}
    for name, medium in media.items():
        root, (folder, file) = roots[medium.root], os.path.split(medium.path)
        if (root, folder) not in folders:
            folders[root, folder] = leads_out(Path(folder), root)
        if (folders[root, folder] or file == ".." or os.path.islink(medium.path)) and leads_out(medium.path, root):
            yield name


def digests(paths: Iterable[Path], cache: MediaCache) -> dict[Path, str]:
    """SHA-256 of each file that can be read, and of all files of a folder."""
    found = cache.results("sha256", paths, _digest, title="comparing media")
    return {path: digest for path, digest in found if digest}


def _digest(path: Path) -> str | None:
    content = hashlib.sha256()
    try:
        for file in sorted(path.iterdir()) if os.path.isdir(path) else [path]:
            _add(content, file)
    except OSError:
        return None  # a medium that is missing is the media check's business
    return content.hexdigest()


def _add(content: Any, path: Path) -> None:
    with open(path, "rb") as file:
        while block := file.read(_CHUNK):
            content.update(block)


def refuse(faults: Mapping[str, str], total: int, place: object, *, way_out: str, named: int = 5) -> None:
    """Raise `InputError` that names some of `faults`, counts all and ends in `way_out`, if there are any."""
    if faults:
        listed = ", ".join(f"{name} ({fault})" for name, fault in list(faults.items())[:named])
        more = f" and {len(faults) - named} more" if len(faults) > named else ""
        if any("; " in fault for fault in faults.values()):  # a limit of ours, which getting a file again does not change
            way_out = f"do as is said there, else {way_out}"
        raise InputError(f"{len(faults)} of {total} media of {place} are faulty: {listed}{more}; {way_out}")
