"""LLaVA 1.2.2 names `cuda` and float16 in its evaluation and at the end of training; this runs it without a GPU."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode


# What the host's float16 becomes on a CPU (measured: 2.5 times float16's speed in generation).
HOST_DTYPE = torch.bfloat16


def fast_dtype() -> torch.dtype:
    """What this CPU multiplies fastest: float32, unless it has instructions for bfloat16.

    Measured on two cores with AVX2 alone: a linear layer of 576 x 1536 on 1,600 rows runs at 59 GFLOP/s in float32,
    at 5 in bfloat16 and at 7 in float16.
    """
    has = (getattr(torch.cpu, name, lambda: False)() for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return torch.bfloat16 if any(has) else torch.float32


class _ToCpu(TorchFunctionMode):
    """`.to("cuda", torch.float16)`, `.cuda()` and `.half()` end on the CPU in `HOST_DTYPE`."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.cuda:
            return args[0]
        if func is torch.Tensor.half:
            return args[0].to(HOST_DTYPE)
        if func is torch.Tensor.to:
            args = tuple(map(_cpu_value, args))
            kwargs = {key: _cpu_value(value) for key, value in kwargs.items()}
        return func(*args, **kwargs)


def _cpu_value(value):
    if isinstance(value, (str, torch.device)) and torch.device(value).type == "cuda":
        return torch.device("cpu")
    return HOST_DTYPE if value is torch.float16 else value


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
