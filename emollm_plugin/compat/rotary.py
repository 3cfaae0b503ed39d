"""Rotary frequencies stay in float32 whatever a model is cast to."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def keep_rotary_exact(model: nn.Module) -> None:
    """transformers keeps them in float32, and computes with them in float32, until somebody casts the whole model.

    LLaVA 1.2.2 does, before it adds LoRA (`model.to(torch.bfloat16)`) and as it evaluates: in bfloat16 the angle at position
    700 is 1 rad off. DeepSpeed 0.19 casts parameters alone. Done to the classes, so that a copy of the model is as exact.
    """
    for cls in {type(module) for module in model.modules()}:
        if cls.__name__.endswith("RotaryEmbedding") and "_apply" not in vars(cls):
            cls._apply = _in_their_format(cls._apply)  # type: ignore[method-assign]  # of the class, for copies


def _in_their_format(host: Callable) -> Callable:
    def _apply(self, fn, recurse=True):
        before = dict(self.named_buffers(recurse=False))
        host(self, fn, recurse)
        for name, buffer in self.named_buffers(recurse=False):
            if buffer.dtype != before[name].dtype:
                setattr(self, name, before[name].to(buffer.device))
        return self

    return _apply
