"""A model's number format: as an argument, as a checkpoint notes it, and as weights are cast to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.overrides import TorchFunctionMode

from emobench_data.io.errors import InputError

from .config import FORMATS, before_5


def format_named(name: str | torch.dtype) -> torch.dtype:
    """The number format of a name; raises `InputError` for one that models are not run in."""
    if isinstance(name, torch.dtype):
        return name
    if name not in FORMATS:
        raise InputError(f"--dtype {name}: no number format of a model; known: {', '.join(FORMATS)}")
    return getattr(torch, name)


def noted_format(config: Mapping[str, Any]) -> torch.dtype | None:
    """The format that a model's config.json says it was trained in; None where it says none that is known."""
    name = config.get("dtype") or config.get("torch_dtype")
    return getattr(torch, name) if name in FORMATS else None


def dtype_argument(dtype: torch.dtype) -> dict[str, torch.dtype]:
    """transformers >= 5: `dtype` goes before LLaVA's `torch_dtype=float16`; older ones know no `dtype`."""
    return {} if before_5() else {"dtype": dtype}


def float32_unless_told(torch_dtype: torch.dtype | None) -> torch.dtype:
    """transformers >= 5: without a format a model is loaded in its file's; before, and to LLaVA, it is float32."""
    return torch.float32 if torch_dtype is None else torch_dtype


def cast_parameters(model: nn.Module, dtype: torch.dtype) -> None:
    """Cast a model's parameters in place, and not its buffers, such as rotary frequencies, which `model.to(dtype)` rounds too.

    Layers with running statistics (batch norm) stay in float32 whole, which takes an input of any format: statistics and
    weights of two formats no kernel takes.
    """

    def to(wanted: torch.dtype) -> Callable[[Tensor], Tensor]:
        return lambda value: value.to(wanted) if value.is_floating_point() else value

    for module in model.modules():
        if isinstance(module, _NormBase):
            module._apply(to(torch.float32), recurse=False)
        else:
            with buffers_kept(module):
                module._apply(to(dtype), recurse=False)


def keep_rotary_exact(model: nn.Module) -> None:
    """Keep the rotary frequencies of a model in float32 whatever it is cast to.

    transformers keeps them in float32, and computes with them in float32, until somebody casts the whole model.
    LLaVA 1.2.2 does, before it adds LoRA (`model.to(torch.bfloat16)`) and as it evaluates: in bfloat16 the angle at position
    700 is 1 rad off. DeepSpeed 0.19 casts parameters alone. Done to the classes, so that a copy of the model is as exact.
    """
    for cls in {type(module) for module in model.modules()}:
        if cls.__name__.endswith("RotaryEmbedding") and "_apply" not in vars(cls):
            cls._apply = _with_buffers_kept(cls._apply)  # type: ignore[method-assign]  # of the class itself


def _with_buffers_kept(host: Callable) -> Callable:
    def _apply(self, fn, recurse=True):
        with buffers_kept(self):
            return host(self, fn, recurse)

    return _apply


@contextmanager
def buffers_kept(module: nn.Module) -> Iterator[None]:
    """Whatever is done to a module inside, its own buffers keep their number format and values, on the device they come to."""
    before = dict(module.named_buffers(recurse=False))
    yield
    for name, buffer in module.named_buffers(recurse=False):
        if buffer.dtype != before[name].dtype:
            setattr(module, name, before[name].to(buffer.device))


class HostFormat(TorchFunctionMode):
    """Inside, the host's hard-coded float16 means `half`, and with `on_cpu` its hard-coded `cuda` means the CPU."""

    def __init__(self, half: torch.dtype, *, on_cpu: bool = False) -> None:
        super().__init__()
        self.half, self.on_cpu = half, on_cpu

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.cuda and self.on_cpu:
            return args[0]
        if func is torch.Tensor.half:
            return args[0].to(self.half)
        if func is torch.Tensor.to:
            args = tuple(map(self.instead, args))
            kwargs = {key: self.instead(value) for key, value in kwargs.items()}
        return func(*args, **kwargs)

    def instead(self, value: Any) -> Any:
        """What an argument of `.to` means here."""
        if self.on_cpu and isinstance(value, (str, torch.device)) and torch.device(value).type == "cuda":
            return torch.device("cpu")
        return self.half if value is torch.float16 else value


def in_models_format(host_encode):
    """Wrap `encode_images`: outside training, pictures take the projector's format, whatever the host's scripts give."""

    def encode_images(self, images, *more, **named):
        if not self.training:
            projector = next(self.get_model().mm_projector.parameters(), self.get_input_embeddings().weight)
            images = images.to(projector.dtype)
        return host_encode(self, images, *more, **named)

    return encode_images
