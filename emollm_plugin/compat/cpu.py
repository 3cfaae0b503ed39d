"""LLaVA 1.2.2 names `cuda` and float16 in its evaluation and at the end of training; this runs it without a GPU."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode

from emobench_data.errors import InputError

FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
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
    if name not in FORMATS:
        raise InputError(f"{FORMAT_VARIABLE}={name} is no number format for a CPU; known: {', '.join(FORMATS)}")
    return FORMATS[name]


class _ToCpu(TorchFunctionMode):
    """`.to("cuda", torch.float16)`, `.cuda()` and `.half()` end on the CPU in `cpu_dtype()`."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.cuda:
            return args[0]
        if func is torch.Tensor.half:
            return args[0].to(cpu_dtype())
        if func is torch.Tensor.to:
            args = tuple(map(_cpu_value, args))
            kwargs = {key: _cpu_value(value) for key, value in kwargs.items()}
        return func(*args, **kwargs)


def _cpu_value(value):
    if isinstance(value, (str, torch.device)) and torch.device(value).type == "cuda":
        return torch.device("cpu")
    return cpu_dtype() if value is torch.float16 else value


def no_half_on_cpu(tower: torch.nn.Module) -> None:
    """LLaVA trains with the vision tower in float16 unless told bf16; without CUDA that is `cpu_dtype()` instead."""
    if torch.cuda.is_available():
        return
    cpu_dtype()  # a wrong name stops here, before anything is loaded
    to = tower.to
    tower.to = lambda *args, **kwargs: to(*map(_cpu_value, args), **{k: _cpu_value(v) for k, v in kwargs.items()})


@contextmanager
def host_on_cpu() -> Iterator[None]:
    """Inside, the host's hard-coded `cuda` means the CPU. Does nothing where CUDA is available."""
    if torch.cuda.is_available():
        yield
        return
    with no_cuda_synchronize(), _ToCpu():
        yield


@contextmanager
def no_cuda_synchronize() -> Iterator[None]:
    """The host calls `torch.cuda.synchronize()` unguarded after a DeepSpeed run; without CUDA it is a no-op here."""
    if torch.cuda.is_available():
        yield
        return
    with mock.patch.object(torch.cuda, "synchronize", lambda device=None: None):
        yield
