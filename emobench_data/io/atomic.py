"""Write files so that a reader, or a crash, sees the old ones or the whole new ones."""

from __future__ import annotations

import errno
import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from .errors import InputError

_PARTIAL = ".partial"
_KEPT = "{}: is there already and is not replaced; name another, or remove it"
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)  # of file systems without hard links
# Where old files are while new ones take their places: some of them, and no new one stands yet; all of them.
_ASIDE, _REPLACED = ".aside", ".replaced"


def check_plain(path: Path) -> None:
    """Raise `InputError` where `path` is a folder or a device such as /dev/stdout, which a new file would replace."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is no plain file and is not replaced by one; name another")


def check_ours(path: Path, *beginnings: bytes) -> None:
    """Raise `InputError` where a file at `path` has none of these `beginnings` (patterns): a new one would replace somebody's.

    A file without content is nobody's. Without beginnings every other one is refused. Also as `check_plain`.
    """
    check_plain(path)
    if path.exists() and (begins := path.open("rb").read(1024)) and not any(re.match(one, begins) for one in beginnings):
        raise InputError(_KEPT.format(path))


def write_once(files: Mapping[Path, bytes]) -> None:
    """Write those of `files` that are not there, or are empty.

    Raises:
        InputError: one is there and holds something else, or as `check_plain`; nothing is written then.
    """
    for path, content in files.items():
        check_plain(path)
        if path.exists() and path.read_bytes() not in (b"", content):
            raise InputError(_KEPT.format(path))
    for path, content in files.items():
        if not path.exists() or not path.stat().st_size:
            with atomic_file(path) as file:
                file.write(content)


@contextmanager
def written_once(path: Path) -> Iterator[Path]:
    """A file to write, which is then the one at `path` by `write_once`."""
    check_plain(path)
    with folder_beside(path) as folder:
        yield folder / path.name
        write_once({path: (folder / path.name).read_bytes()})


def check_apart(out: Path, read: Iterable[Path | None]) -> None:
    """Raise `InputError` where a file to be written is one of those that are `read`; None is none."""
    if out.exists() and any(out.samefile(path) for path in read if path and path.exists()):
        raise InputError(f"{out}: is one of the files that are read; name another for what is written")


def new_file(path: Path, content: bytes) -> bool:
    """Write a file in one piece where there is none of its name; False where there is one."""
    temporary = _temporary(path)
    try:
        with atomic_file(temporary) as file:
            file.write(content)
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _new_without_links(path, content)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _new_without_links(path: Path, content: bytes) -> bool:
    try:
        with open(path, "xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


@contextmanager
def atomic_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` for writing; on success it becomes `path`, else it is removed.

    Args:
        durable: False saves the wait for the disk, for a file whose reader notices when a crash of the machine cut it.

    Raises:
        InputError: as `check_plain`.
    """
    check_plain(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with open(temporary, "xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Make a folder of one's own beside `path`, to be filled and renamed to it; it is removed where it was not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def _temporary(path: Path) -> Path:
    # No process's number: those of two containers on one share are alike. `tempfile`'s are their owner's alone.
    return path.with_name(f".{path.name}.{token_hex(8)}.tmp")


@contextmanager
def atomic_files(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """Yield a temporary folder to write some of `names` in; on success exactly those replace the ones in `folder`.

    A file of `names` that was not written again is removed, so that `folder` never mixes two runs. The last of `names`
    is the sign that all is there: it goes first and comes last, and while it is there no file is of another run. Where
    all would stay as it is, nothing is touched. After an error `folder` is as it was; so it is at the beginning of the
    next call after a kill. The caller holds the folder (`locks.locked`).

    Raises:
        InputError: see `settle`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settle(folder, names)
    temporary = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder))
    try:
        yield temporary
        for name in names:
            _sync(temporary / name)
        if not all(_same(temporary / name, folder / name) for name in names):
            _replace(folder, temporary, names)
    finally:
        shutil.rmtree(temporary)


def settle(folder: Path, names: tuple[str, ...]) -> None:
    """Undo what a killed `atomic_files` left in `folder`.

    Raises:
        InputError: there are some of `names` without the last, the sign: they are somebody else's, and would be replaced.
    """
    for left in folder.glob(f"{_PARTIAL}*"):
        shutil.rmtree(left)
    _restore(folder, names)
    there = [name for name in names if (folder / name).exists()]
    if there and names[-1] not in there:
        raise InputError(f"{folder} holds {there[0]} and no {names[-1]}: it was not written here; name another folder")


def remove_files(folder: Path, names: tuple[str, ...]) -> None:
    """Remove those of `names` that an earlier `atomic_files` wrote, the sign first. The caller holds the folder."""
    for left in (_ASIDE, _REPLACED):
        shutil.rmtree(folder / left, ignore_errors=True)
    for name in reversed(names):
        (folder / name).unlink(missing_ok=True)


def _replace(folder: Path, new: Path, names: tuple[str, ...]) -> None:
    try:
        (folder / _ASIDE).mkdir()
        for name in reversed(names):
            _move(name, folder, folder / _ASIDE)
        os.rename(folder / _ASIDE, folder / _REPLACED)
        for name in names:
            _move(name, new, folder)
    except BaseException:
        _restore(folder, names)
        raise
    shutil.rmtree(folder / _REPLACED)


def _restore(folder: Path, names: tuple[str, ...]) -> None:
    """Bring back what `_replace` had put aside when it was stopped; each step may be stopped, and is then done again."""
    aside, replaced = folder / _ASIDE, folder / _REPLACED
    if (folder / names[-1]).exists():  # all old files are in their places, or all new ones
        for left in filter(Path.exists, (aside, replaced)):
            shutil.rmtree(left)
        return
    if replaced.exists():
        for name in names:
            (folder / name).unlink(missing_ok=True)
        os.rename(replaced, aside)
    if aside.exists():
        names_left = (file.relative_to(aside).as_posix() for file in aside.rglob("*") if file.is_file())
        for name in sorted(names_left, key=lambda name: name == names[-1]):
            _move(name, aside, folder)
        shutil.rmtree(aside)


def _move(name: str, source: Path, target: Path) -> None:
    if (source / name).is_file():
        (target / name).parent.mkdir(exist_ok=True)
        os.replace(source / name, target / name)


def _same(one: Path, other: Path) -> bool:
    if one.is_file() and other.is_file():
        return filecmp.cmp(one, other, shallow=False)
    return not one.exists() and not other.exists()


def _sync(path: Path) -> None:
    if path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())


def check_folder(folder: Path, name: str) -> None:
    """Raise `InputError` if a folder, which people know as `name`, can be neither made nor written to."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputError(f"{name} {folder}: {there} is no folder that can be written to; name another")
