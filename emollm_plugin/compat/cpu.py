"""LLaVA 1.2.2 names `cuda` and float16 in its evaluation and at the end of training; this runs it without a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from emobench_data.io.errors import InputError

from .dtype import HostFormat, cast_parameters

CPU_FORMATS = ("float32", "bfloat16")
FORMAT_VARIABLE = "EMOLLM_CPU_DTYPE"


def cpu_dtype() -> torch.dtype:
    """The number format of a CPU: float32, or what the environment's `EMOLLM_CPU_DTYPE` names.

    Measured, SmolLM2-135M on two cores with AVX-512 and AMX: a training step of the default run takes 5.3 s in bfloat16
    and 2.9 s in float32, and evaluation answers 9.7 and 12.4 questions a second; on a CPU with AVX2 alone a matrix product
    in bfloat16 takes 5 to 14 times as long as in float32.

    Raises:
        InputError: the variable names another format.
    """
    name = os.environ.get(FORMAT_VARIABLE) or "float32"
    if name not in CPU_FORMATS:
        raise InputError(f"{FORMAT_VARIABLE}={name} is no number format for a CPU; known: {', '.join(CPU_FORMATS)}")
    return getattr(torch, name)


def tower_in_host_format(tower: torch.nn.Module) -> None:
    """Let the host's `tower.to(dtype=..., device=...)` cast parameters alone (see `cast_parameters`).

    LLaVA trains with the vision tower in float16 unless told bf16; without CUDA that is `cpu_dtype()` instead.
    """
    to, here = tower.to, None if torch.cuda.is_available() else HostFormat(cpu_dtype(), on_cpu=True)

    def moved(*args, dtype=None, **kwargs):
        rest = [value for value in args if not isinstance(value, torch.dtype)]
        dtype = dtype or next((value for value in args if isinstance(value, torch.dtype)), None)
        if here is not None:
            dtype, rest = here.instead(dtype), [here.instead(value) for value in rest]
            kwargs = {key: here.instead(value) for key, value in kwargs.items()}
        if dtype is not None:
            cast_parameters(tower, dtype)
        return to(*rest, **kwargs) if rest or kwargs else tower

    tower.to = moved  # type: ignore[method-assign]  # of this one tower


@contextmanager
def host_on_cpu() -> Iterator[None]:
    """Inside, the host's hard-coded `cuda` means the CPU. Does nothing where CUDA is available."""
    if torch.cuda.is_available():
        yield
        return
    with no_cuda_synchronize(), HostFormat(cpu_dtype(), on_cpu=True):
        yield


@contextmanager
def no_cuda_synchronize() -> Iterator[None]:
    """The host calls `torch.cuda.synchronize()` unguarded after a DeepSpeed run; without CUDA it is a no-op here."""
    if torch.cuda.is_available():
        yield
        return
    host = torch.cuda.synchronize
    torch.cuda.synchronize = lambda device=None: None
    try:
        yield
    finally:
        torch.cuda.synchronize = host
