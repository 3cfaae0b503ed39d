"""DeepSpeed ZeRO-3 with LLaVA 1.2.2 on transformers 5, peft 0.21 and DeepSpeed 0.19."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch


def generator_kept() -> AbstractContextManager:
    """Loading weights moves the random generator on as little under ZeRO-3 as without it: not at all.

    transformers builds a model without memory and without drawing, except under ZeRO-3, where it fills every weight
    with random numbers before the saved ones replace them. LoRA and projector, drawn after, then started elsewhere.
    They are built on the CPU, so its generator is the one to keep.
    """
    return torch.random.fork_rng(devices=[])


@contextmanager
def unpartitioned() -> Iterator[None]:
    """Inside, transformers loads a model as without ZeRO-3: whole on every rank, for one that only some ranks run at a time."""
    from transformers.integrations import deepspeed

    config = deepspeed._hf_deepspeed_config_weak_ref and deepspeed._hf_deepspeed_config_weak_ref()
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        if config is not None:
            deepspeed.set_hf_deepspeed_config(config)


def one_dtype(model: Any) -> None:
    """Cast what will be trained to the model's dtype, before DeepSpeed's engine is built: ZeRO-3 asserts one dtype.

    LLaVA builds the projector in float32 after the base was loaded in bfloat16, and peft adds its adapters in float32.
    DeepSpeed keeps float32 master weights of all of them. Nothing is done without ZeRO-3, where it casts them itself.
    """
    from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled

    if not is_deepspeed_zero3_enabled():
        return
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.dtype != model.dtype:
            parameter.data = parameter.data.to(model.dtype)


def own_storage(state: dict[str, torch.Tensor] | None) -> dict[str, torch.Tensor] | None:
    """transformers 4.37: give every tensor memory of its own; of those in one buffer it saves one alone.

    On a CPU, DeepSpeed 0.19 hands ZeRO-3's gathered weights over as parts of the buffers they were gathered in.
    """
    return state and {
        name: value.clone() if value.untyped_storage().nbytes() > value.nbytes else value for name, value in state.items()
    }
