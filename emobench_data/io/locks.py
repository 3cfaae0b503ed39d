"""One process writes into a folder at a time."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import InputError

logger = logging.getLogger(__name__)

LOCK = ".lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made if need be; where another process holds it, say so and wait for its end.

    However a process ends, what it held is free. A folder that is empty in the end and was not there before is removed.
    A process that holds a folder may not take it again: it would wait for itself.
    """
    created = not folder.exists()
    file = _take(folder)
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        if created:
            with suppress(OSError):  # there is something in it
                folder.rmdir()
        file.close()


def alone(path: Path) -> BinaryIO:
    """The file, made if need be, open for appending and held against other processes until it is closed.

    Raises:
        InputError: another process holds it.
    """
    while True:
        file = open(path, "ab")
        try:
            _hold(file, path)
        except BlockingIOError:
            file.close()
            raise InputError(f"{path}: another process writes to it; wait for its end, or name another") from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        file.close()  # whoever held it has put another in its place


def _take(folder: Path) -> BinaryIO:
    """The open lock file, held; who holds it removes it, so that one held in vain may be no longer there."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = open(folder / LOCK, "ab")
        except FileNotFoundError:  # the folder went with another process's lock
            continue
        _wait(file, folder)
        try:
            if os.path.samestat(os.fstat(file.fileno()), os.stat(folder / LOCK)):
                return file
        except FileNotFoundError:
            pass
        file.close()


def _wait(file: BinaryIO, folder: Path) -> None:
    try:
        _hold(file, folder)
    except BlockingIOError:
        logger.warning("another process writes to %s; waiting for its end", folder)
        fcntl.flock(file, fcntl.LOCK_EX)


def _hold(file: BinaryIO, place: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # one that another process holds, too
        if error.errno not in _NO_LOCKS:
            raise
        logger.warning("%s: its file system has no locks; let no other process write there meanwhile", place)
