"""LLaVA 1.2.2's trainer on a newer transformers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any


def restore_layernorm_list(trainer: ModuleType) -> None:
    """transformers >= 4.57: `transformers.trainer.ALL_LAYERNORM_LAYERS` is gone, and LLaVA imports it from there.

    What is left elsewhere no longer holds the decoders' RMS norms, so that LLaVA would decay their weights.
    """
    if not hasattr(trainer, "ALL_LAYERNORM_LAYERS"):
        from transformers.pytorch_utils import ALL_LAYERNORM_LAYERS

        vars(trainer)["ALL_LAYERNORM_LAYERS"] = [*ALL_LAYERNORM_LAYERS, RmsNorm]


class _NamedRmsNorm(type):
    def __instancecheck__(cls, module: object) -> bool:
        return type(module).__name__.endswith("RMSNorm")


class RmsNorm(metaclass=_NamedRmsNorm):
    """Stands for the RMS norm of every decoder family, each of which has a class of its own."""


def adapt_llava_trainer(llava_trainer: ModuleType) -> None:
    """Bring `LLaVATrainer`'s calls into the form that the installed transformers has."""
    cls = llava_trainer.LLaVATrainer
    base = cls.__mro__[1]
    _rename_tokenizer(cls, base)
    _take_dataset(cls, base)


def _rename_tokenizer(cls: Any, base: Any) -> None:
    """transformers >= 5: `Trainer(tokenizer=...)` became `processing_class=`."""
    if "tokenizer" in inspect.signature(base.__init__).parameters:
        return

    def __init__(self, *args, tokenizer=None, **kwargs):
        base.__init__(self, *args, processing_class=tokenizer, **kwargs)

    cls.__init__ = __init__


def _take_dataset(cls: Any, base: Any) -> None:
    """transformers >= 4.57: the trainer hands the data set to `_get_train_sampler`, LLaVA's takes none."""
    if "train_dataset" not in inspect.signature(base._get_train_sampler).parameters:
        return
    host = cls._get_train_sampler

    @wraps(host)
    def _get_train_sampler(self, train_dataset=None):
        return host(self)

    cls._get_train_sampler = _get_train_sampler


def allow_saved_generator_state(trainer: ModuleType) -> None:
    """transformers < 4.47 on torch >= 2.6: let a run resume.

    torch.load has come to refuse everything but tensors; these trainers keep NumPy's generator state in rng_state.pth,
    for which newer ones make the same exception.
    """
    if hasattr(trainer, "safe_globals"):
        return
    import numpy
    import torch

    core = numpy.core if numpy.__version__.startswith("1.") else numpy._core  # type: ignore[attr-defined]  # numpy 2, private
    state = [core.multiarray._reconstruct, numpy.ndarray, numpy.dtype, type(numpy.dtype(numpy.uint32))]
    torch.serialization.add_safe_globals(state)


def no_empty_groups(host_create: Callable) -> Callable:
    """Wrap the trainer's `create_optimizer`: LoRA and a projector alone leave some of LLaVA's groups empty.

    DeepSpeed drops those, and the scheduler, which still has them, then raises (transformers 4.37 with torch 2.13).
    """

    def create_optimizer(self, *args, **kwargs):
        optimizer = host_create(self, *args, **kwargs)
        optimizer.param_groups[:] = [group for group in optimizer.param_groups if group["params"]]
        return optimizer

    return create_optimizer
