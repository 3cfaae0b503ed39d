"""EfficientNet-Lite (Google, 2020; EfficientNet is arXiv 1905.11946) as a transformers vision model.

Written for exported folders, which nothing but torch and transformers need to be there for. Names of parameters and values
are those of the packages efficientnet-lite*-pytorch*, whose weights it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from .configuration import EfficientNetLiteConfig

# How often a stage's block is repeated, its kernel, stride, expansion and channels, at width and depth 1.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}  # variant -> width, depth
STEM, HEAD = 32, 1280  # of which neither is scaled


class EfficientNetLiteBlock(nn.Module):
    """A mobile inverted bottleneck without squeeze-and-excitation: (B, C, S, S) -> (B, channels, S / stride, S / stride)."""

    def __init__(self, into: int, channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = into * expansion
        self.expands, self.adds = expansion != 1, stride == 1 and into == channels
        if self.expands:
            self._expand_conv, self._bn0 = nn.Conv2d(into, inner, 1, bias=False), _norm(inner)
        self._depthwise_conv = nn.Conv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = nn.Conv2d(inner, channels, 1, bias=False), _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        conv = self._depthwise_conv
        inner = F.relu6(self._bn1(conv(same(inner, conv.kernel_size[0], conv.stride[0]))))
        inner = self._bn2(self._project_conv(inner))
        return inner + x if self.adds else inner


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Pad a map as TensorFlow's `SAME` does: S / stride come out of a convolution, and an odd row is put behind."""
    height, width = (max((ceil(side / stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
    return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))


def stages(variant: int) -> list[tuple[int, int, int, int, int]]:
    """Channels into a block and out of it, its kernel, stride and expansion, for each block of a variant."""
    wide, deep = SCALES[variant]
    blocks, into = [], STEM
    for place, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES):
        channels = _eighths(channels * wide)
        # The first and last stage are not repeated more often in a deeper variant.
        for repeat in range(repeats if place in (0, len(STAGES) - 1) else ceil(repeats * deep)):
            blocks.append((into, channels, kernel, 1 if repeat else stride, expansion))
            into = channels
    return blocks


def _eighths(channels: float) -> int:
    """The multiple of 8 next to `channels`, and not below nine tenths of it."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


class EfficientNetLiteModel(PreTrainedModel):
    """Feature maps as patch tokens: pixels (B, 3, S, S), scaled to (x - 0.5) / 0.5 -> tokens (B, N, C) of every layer.

    `hidden_states[-1]` is the last convolution before its activation, standardized per channel by the batch norm's own
    statistics; those before it are the blocks', each token standardized over its channels. Always in evaluation mode.
    """

    config_class = EfficientNetLiteConfig
    main_input_name = "pixel_values"
    base_model_prefix = "vision_tower"
    input_modalities = ("image",)  # type: ignore[assignment]  # a string in its annotation, a tuple in every model
    _no_split_modules: ClassVar = ["EfficientNetLiteBlock"]  # type: ignore[misc]  # of the class there too
    # Statistics of bfloat16 would be another network; a batch norm in float32 takes maps of any format.
    _keep_in_fp32_modules_strict: ClassVar = ["_bn0", "_bn1", "_bn2"]  # type: ignore[misc]

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        blocks = stages(config.variant)
        self._conv_stem, self._bn0 = nn.Conv2d(3, STEM, 3, 2, bias=False), _norm(STEM)
        self._blocks = nn.ModuleList(EfficientNetLiteBlock(into, *rest) for into, *rest in blocks)
        self._conv_head, self._bn1 = nn.Conv2d(blocks[-1][1], HEAD, 1, bias=False), _norm(HEAD)
        self.post_init()

    def train(self, mode: bool = True) -> Any:
        """Stay in evaluation mode: batch norm must not take its statistics from a training batch."""
        return super().train(False)

    def forward(
        self,
        pixel_values: Tensor,
        output_hidden_states: bool | int | Sequence[int] | None = None,
        return_dict: bool | None = None,
        **_: Any,
    ) -> BaseModelOutputWithPooling | tuple:
        """`output_hidden_states`: True for all layers, or which; those that are not asked for are None in the tuple."""
        x = F.relu6(self._bn0(self._conv_stem(same(pixel_values.to(self.dtype), 3, 2))))
        layers = len(self._blocks) + 1
        chosen = _chosen(output_hidden_states, layers)
        states: list[Any] = []  # None for a layer that is not asked for
        for place, block in enumerate(self._blocks):
            x = block(x)
            states.append(_tokens(x) if place in chosen else None)
        norm = self._bn1
        last = F.batch_norm(self._conv_head(x), norm.running_mean, norm.running_var, eps=norm.eps).flatten(2).transpose(1, 2)
        states.append(last)
        out = BaseModelOutputWithPooling(
            last_hidden_state=last, pooler_output=last.mean(1), hidden_states=tuple(states) if chosen else None
        )
        return out.to_tuple() if return_dict is False else out

    @property
    def dtype(self) -> torch.dtype:
        """That of the convolutions."""
        return self._conv_stem.weight.dtype


def _chosen(asked: bool | int | Sequence[int] | None, layers: int) -> set[int]:
    if isinstance(asked, bool) or asked is None:
        return set(range(layers)) if asked else set()
    return {layer % layers for layer in ([asked] if isinstance(asked, int) else asked)}


def _tokens(x: Tensor) -> Tensor:
    return F.layer_norm(x.flatten(2).transpose(1, 2), (x.shape[1],))
