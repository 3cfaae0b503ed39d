"""Work handed to several processes, each of which makes its own copy of what the work needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any
from unittest import mock

from emobench_data.io.errors import InputError
from emobench_data.io.processes import end_with_parent

_own: Any = None  # of a worker process


@contextmanager
def workers(jobs: int, make: Callable[[], Any], own: Any) -> Iterator[Callable[[Callable, Iterable], Iterator]]:
    """`each(function, items)`: the results of `function(own, item)`, with one job in order, else as they come.

    Args:
        jobs: processes; with one all is done here, with `own`.
        make: what a process makes its own from; it can be pickled, as functions and items can.

    Raises:
        InputError: a process died; what an item raised is raised when those beside it are through.
    """
    if jobs == 1:
        yield lambda function, items: map(partial(function, own), items)
        return
    # Started afresh, since CUDA does not survive a fork; their progress bars would write over one another.
    with mock.patch.dict(os.environ, {"TQDM_DISABLE": "1"}):
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (make,))
        try:
            yield lambda function, items: _each(pool, jobs, function, items)
        finally:
            pool.shutdown(cancel_futures=True)


def _each(pool: ProcessPoolExecutor, jobs: int, function: Callable, items: Iterable) -> Iterator:
    # No more are handed out than are worked on, or the others would run on after a fault and be lost.
    waiting, running, fault = iter(items), set(), None
    try:
        while True:
            if fault is None:
                running |= {pool.submit(_call, function, item) for item in islice(waiting, jobs - len(running))}
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                if each.exception() is None:
                    yield each.result()
                fault = fault or each.exception()
        if fault:
            raise fault
    except BrokenProcessPool as error:
        raise InputError("a process died, most often for want of memory; give the command again with fewer --jobs") from error


def _begin(make: Callable[[], Any]) -> None:
    global _own
    end_with_parent()  # else a killed run leaves its workers behind, and a GPU's memory with them
    _own = make()


def _call(function: Callable, item: Any) -> Any:
    return function(_own, item)
