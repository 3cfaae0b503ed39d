"""Questions shared out among processes, one a GPU."""

from __future__ import annotations

import os

from emobench_data.io.errors import InputError

from .devices import MASK, THREADS, cores, gpu_names, gpus_found


def choose_device(device: str) -> tuple[str, list[str]]:
    """`cpu` or `cuda` for DEVICE, and the GPUs by their names.

    Raises:
        InputError: a GPU is asked for, and there is none.
    """
    found = gpus_found(device)
    if device == "cuda" and not found:
        raise InputError("DEVICE=cuda, and no CUDA GPU was found; DEVICE=cpu evaluates on the CPU")
    return ("cuda", gpu_names(found)[:found]) if found else ("cpu", [])


def number_of_chunks(wanted: int, questions: int) -> int:
    """LLaVA's scripts cut chunks of equal size; where fewer than wanted come out, the last ones would end with an error."""
    size = -(-questions // wanted)
    return -(-questions // size)


def environments(device: str, gpus: list[str], chunks: int) -> list[dict[str, str]]:
    """What each process is given beside the environment at hand: its GPU, in turn, or its share of the cores."""
    if device == "cuda":
        return [{MASK: gpus[index % len(gpus)]} for index in range(chunks)]
    threads = os.environ.get(THREADS) or str(-(-cores() // chunks))
    return [{MASK: "", THREADS: threads}] * chunks
