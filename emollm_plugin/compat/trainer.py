"""LLaVA 1.2.2's trainer on a newer transformers."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Any

from emobench_data.io.errors import InputError

if TYPE_CHECKING:
    from torch.optim import Optimizer


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


def tokenizer_argument(tokenizer: Any) -> dict[str, Any]:
    """transformers >= 5: `Trainer(tokenizer=...)`, as the host gives it, became `processing_class=`."""
    from transformers import Trainer

    old = "tokenizer" in inspect.signature(Trainer.__init__).parameters
    return {} if tokenizer is None else {"tokenizer" if old else "processing_class": tokenizer}


def load_what_was_saved(trainer: ModuleType) -> None:
    """transformers 4.37 to 5.23: load DeepSpeed checkpoints that leave out frozen weights; these come from the base model.

    The trainer loads them strictly, 4.37 those of an adapter too, 5 those of a projector alone.
    """

    def deepspeed_load_checkpoint(engine, checkpoint, *_, **__):
        partial = hasattr(engine.module, "peft_config") or getattr(engine.module.config, "tune_mm_mlp_adapter", False)
        loaded, _state = engine.load_checkpoint(str(checkpoint), load_module_strict=not partial)
        if loaded is None:
            raise InputError(f"{checkpoint}: DeepSpeed cannot resume from it; was it trained without --deepspeed?")

    setattr(trainer, "deepspeed_load_checkpoint", deepspeed_load_checkpoint)  # noqa: B010


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


def without_empty_groups(optimizer: Optimizer) -> Optimizer:
    """transformers 4.37 with torch 2.13: LoRA and a projector alone leave some of LLaVA's groups empty.

    DeepSpeed drops those, and the scheduler, which still has them, then raises.
    """
    optimizer.param_groups[:] = [group for group in optimizer.param_groups if group["params"]]
    return optimizer
