"""Work handed to several processes, each of which makes its own copy of what the work needs."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any, Callable, Iterable, Iterator
from unittest import mock

_own: Any = None  # of a worker process


@contextmanager
def workers(jobs: int, make: Callable[[], Any], own: Any) -> Iterator[Callable[[Callable, Iterable], Iterator]]:
    """`each(function, items)`: the results of `function(own, item)`, with one job in order, else as they come.

    Args:
        jobs: processes; with one all is done here, with `own`.
        make: what a process makes its own from; it can be pickled, as functions and items can.
    """
    if jobs == 1:
        yield lambda function, items: map(partial(function, own), items)
        return
    # Started afresh, since CUDA does not survive a fork; their progress bars would write over one another.
    with mock.patch.dict(os.environ, {"TQDM_DISABLE": "1"}):
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (make,))
        try:
            yield lambda function, items: _each(pool, function, items)
        finally:
            pool.shutdown(cancel_futures=True)


def _each(pool: ProcessPoolExecutor, function: Callable, items: Iterable) -> Iterator:
    for done in as_completed([pool.submit(_call, function, item) for item in items]):
        yield done.result()


def _begin(make: Callable[[], Any]) -> None:
    global _own
    _own = make()


def _call(function: Callable, item: Any) -> Any:
    return function(_own, item)
