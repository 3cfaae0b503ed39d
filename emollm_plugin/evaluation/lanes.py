"""Batches answered side by side on a CPU, each by its share of the threads.

All threads together would wait for the slowest at the end of every small operator: two batches by one thread each took three
fifths of the time that one after another took by two (benchmarks/RESULTS.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

import torch

from .batches import Batch
from .predictor import Predictor

LANES = 2
T = TypeVar("T")


def lanes_for(predictor: Predictor, questions: int) -> int:
    """How many batches are answered at a time, where so many questions are at most."""
    on_cpu = predictor.model.device.type == "cpu"
    return LANES if on_cpu and min(torch.get_num_threads(), questions) >= LANES else 1


def side_by_side(
    work: Callable[[Predictor, Batch], T], batches: Iterable[Batch], predictor: Predictor, lanes: int
) -> Iterator[T]:
    """What `work` makes of each batch, in their order; `lanes` of them are worked on at a time.

    After a fault what was begun is brought to its end and given before that is raised. Who interrupts waits for one pass of the
    model.
    """
    if lanes == 1:
        yield from (work(predictor, batch) for batch in batches)
        return
    stop, free = Event(), SimpleQueue[Predictor]()
    for _ in range(lanes):
        free.put(predictor.beside(stop))

    def run(batch: Batch) -> T:
        own = free.get()
        try:
            return work(own, batch)
        finally:
            free.put(own)

    with _shared_threads(lanes) as threads, ThreadPoolExecutor(lanes, "lane", torch.set_num_threads, (threads,)) as pool:
        try:
            yield from _in_order(pool, run, batches, lanes)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _in_order(pool: Executor, run: Callable[[Batch], T], batches: Iterable[Batch], lanes: int) -> Iterator[T]:
    begun: deque[Future[T]] = deque()
    fault: BaseException | None = None
    left = iter(batches)
    while True:
        try:
            begun.append(pool.submit(run, next(left)))
        except StopIteration:
            break
        except Exception as error:
            fault = error
            break
        if len(begun) > lanes:
            if (fault := begun[0].exception()) is not None:
                break
            yield begun.popleft().result()
    for future in begun:
        fault = fault or future.exception()
        if future.exception() is None:
            yield future.result()
    if fault:
        raise fault


@contextmanager
def _shared_threads(lanes: int) -> Iterator[int]:
    """Inside, an operator has its lane's share of the threads, which is given."""
    before = torch.get_num_threads()
    torch.set_num_threads(before // lanes)
    try:
        yield before // lanes
    finally:
        torch.set_num_threads(before)
