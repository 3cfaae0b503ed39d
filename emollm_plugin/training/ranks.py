"""What all ranks of a training must agree on, and that they can: the first decides, and all see one folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import torch.distributed as dist

from emobench_data.io.errors import InputError

T = TypeVar("T")
# The first rank may read a whole data set while the others wait; the groups of NCCL and gloo give up after half an hour.
WAIT = timedelta(days=7)
SHOWS = 5  # seconds after which a file of one machine is seen by the others, if the folder is the same


@contextmanager
def _talking() -> Iterator[Any]:
    """A group of all ranks on the CPU, whatever the training's own is."""
    group = dist.new_group(backend="gloo", timeout=WAIT)
    try:
        yield group
    finally:
        dist.destroy_process_group(group)


def _alone() -> bool:
    return not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1


def from_first(make: Callable[[], T]) -> T:
    """What `make` gives on the first rank, on every rank; only there it is called. Every rank must call this.

    Raises:
        InputError: `make` raised it, and now all ranks do.
    """
    if _alone():
        return make()
    found: list[Any] = [None, None]
    if dist.get_rank() == 0:
        try:
            found[0] = make()
        except InputError as error:
            found[1] = str(error)
    with _talking() as group:
        dist.broadcast_object_list(found, src=0, group=group)
    if found[1] is not None:
        raise InputError(found[1])
    return found[0]


def meet() -> None:
    """Wait until every rank is here, so that what each of them did before is done. Every rank must call this."""
    if not _alone():
        with _talking() as group:
            dist.barrier(group=group)


def check_shared(folder: Path) -> None:
    """Whether all ranks write to one folder; it is made if it is not there.

    Raises:
        InputError: on all of them, if one does not see what the first wrote: it would write its part of a checkpoint
            where no one else finds it.
    """
    if _alone():
        return
    there = folder.exists()
    name = from_first(lambda: _leave_mark(folder))
    seen: list[Any] = [None] * dist.get_world_size()
    with _talking() as group:
        dist.all_gather_object(seen, _sees(folder / name), group=group)
    if dist.get_rank() == 0:
        (folder / name).unlink()
        if not all(seen) and not there:
            folder.rmdir()
    blind = [str(rank) for rank, yes in enumerate(seen) if not yes]
    if blind:
        raise InputError(
            f"--output_dir {folder}: rank {', '.join(blind)} of {len(seen)} does not see what rank 0 writes there;"
            " name a folder that all machines share"
        )


def _leave_mark(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / f".shared-{uuid4().hex}"
    mark.touch()
    return mark.name


def _sees(file: Path) -> bool:
    end = time.monotonic() + SHOWS
    while not file.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
