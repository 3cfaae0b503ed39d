"""Write files so that a reader, or a crash, sees the old file or the whole new one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Iterator

from .errors import InputError


def check_plain(path: Path) -> None:
    """Raise `InputError` where `path` is a folder or a device such as /dev/stdout, which a new file would replace."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is no plain file and is not replaced by one; name another")


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_files(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """Yield a temporary folder to write some of `names` in; on success exactly those replace the ones in `folder`.

    A file of `names` that was not written again is removed, so that `folder` never mixes two runs. The last of `names`
    is moved last and may serve as the sign that all is there. After an error `folder` is as it was.
    """
    created = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ".partial"
    shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed
    temporary.mkdir()
    try:
        yield temporary
        for name in names:
            _sync(temporary / name)
        (folder / names[-1]).unlink(missing_ok=True)
        for name in names:
            if (temporary / name).is_file():
                (folder / name).parent.mkdir(exist_ok=True)
                os.replace(temporary / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(temporary)
        if created and not any(folder.iterdir()):
            folder.rmdir()


def _sync(path: Path) -> None:
    if path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())
