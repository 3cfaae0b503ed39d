"""Memory that is full, in one line with a way out: PyTorch's own message is a traceback, and knows none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emobench_data.io.errors import InputError

WAY_OUT = "`emollm plan` with the same recipe prints which settings take less, see docs/memory.md"
OF_A_CPU = "DefaultCPUAllocator"  # in the words of the RuntimeError that PyTorch raises there


@contextmanager
def full_memory_named() -> Iterator[None]:
    """An error for want of memory, on a GPU or a CPU, becomes an `InputError`."""
    import torch

    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.cuda.OutOfMemoryError) and OF_A_CPU not in str(error):
            raise
        first = str(error).split("\n")[0].split(". ")[0]
        raise InputError(f"out of memory ({first:.200}); {WAY_OUT}") from error
