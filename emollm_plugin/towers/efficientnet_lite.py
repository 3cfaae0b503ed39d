"""EfficientNet-Lite as a LLaVA vision tower (weights and network: packages efficientnet-lite*-pytorch*, Apache-2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import torch
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from transformers import CLIPImageProcessor

from emobench_data.io.errors import InputError

from .builders import EFFICIENTNET_LITE, weights_file
from .kept import of_files

HEAD = 1280


class EfficientNetLiteTower(nn.Module):
    """One layer's feature map as patch tokens, frozen: (B, 3, S, S) -> (B, N, C).

    It has the attributes that the host reads off its CLIP tower. Pixels are scaled to (x - 0.5) / 0.5. Layer -1 is the
    last convolution, before its activation: (S/32)^2 tokens of width 1280, standardized per channel by the batch
    norm's own ImageNet statistics, since after the activation they share a large mean and a projector learns from them
    more slowly. Layers -2, -3, ... are the blocks before it, each token standardized over its channels.

    Args:
        name: a key of `towers.EFFICIENTNET_LITE`.
        layer: counted from the end, as the host's `--mm_vision_select_layer`.
        delay_load: whether to leave the weights for `load_model`.

    Raises:
        InputError: there is no such layer.
    """

    def __init__(self, name: str, *, layer: int = -1, delay_load: bool = False) -> None:
        super().__init__()
        self.vision_tower_name = name
        self.is_loaded = False
        self.image_size = EFFICIENTNET_LITE[name][1]
        with torch.device("meta"):
            shape = EfficientNet.from_name(name.replace("_", "-"))
        if not -len(shape._blocks) - 1 <= layer <= -1:
            raise InputError(f"--mm_vision_select_layer {layer}: {name} has layers {-len(shape._blocks) - 1} to -1")
        self.layer = layer
        self.depth = len(shape._blocks) + 2 + layer  # how many blocks come before the tokens
        self.hidden_size, self.num_patches_per_side = _size(shape._blocks[: self.depth], self.image_size)
        if layer == -1:
            self.hidden_size = HEAD
        if not delay_load:
            self.load_model()

    def load_model(self, device_map: Any = None) -> None:
        """Load the weights, once, to where the host says: nowhere in training, `auto` or a device in evaluation.

        With `auto` the host leaves the tower where it was loaded (llava 1.2.2, model/builder.py): on the first GPU here.
        """
        if self.is_loaded:
            return
        side = {"height": self.image_size, "width": self.image_size}
        half = [0.5, 0.5, 0.5]
        self.image_processor = CLIPImageProcessor(
            size={"shortest_edge": self.image_size}, crop_size=side, image_mean=half, image_std=half
        )
        weights = torch.load(weights_file(self.vision_tower_name), map_location="cpu", weights_only=True)
        self.vision_tower = self.network(weights).requires_grad_(False)
        self.is_loaded = True
        self.eval()
        if device_map == "auto":
            device_map = "cuda" if torch.cuda.is_available() else None
        if device_map is not None:
            self.to(device_map)

    def network(self, weights: Mapping[str, Tensor] | None = None) -> Any:
        """The network without its classifier, with `weights`, or without any as its shapes are counted."""
        network = EfficientNet.from_name(self.vision_tower_name.replace("_", "-"))
        if weights is not None:
            network.load_state_dict(weights)
        network._fc = nn.Identity()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.__class__ = FixedNorm
        return network

    def train(self, mode: bool = True) -> Any:
        """Stay in evaluation mode: batch norm must not take its statistics from a training batch."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
        """Patch tokens in raster order, in the images' dtype: (B, 3, S, S) -> (B, N, C)."""
        if isinstance(images, list):
            return [self(image[None]) for image in images]
        network = self.vision_tower
        x = network._swish(network._bn0(network._conv_stem(images.to(device=self.device, dtype=self.dtype))))
        for block in network._blocks[: self.depth]:
            x = block(x)
        if self.layer == -1:
            norm = network._bn1
            x = F.batch_norm(network._conv_head(x), norm.running_mean, norm.running_var, eps=norm.eps)
            return x.flatten(2).transpose(1, 2).to(images.dtype)
        return F.layer_norm(x.flatten(2).transpose(1, 2), (self.hidden_size,)).to(images.dtype)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells it and its layer from others, for what is kept of its output."""
        return of_files(weights_file(self.vision_tower_name), None, self.layer)

    @property
    def dtype(self) -> torch.dtype:
        return self.vision_tower._conv_stem.weight.dtype

    @property
    def device(self) -> torch.device:
        return self.vision_tower._conv_stem.weight.device

    @property
    def dummy_feature(self) -> Tensor:
        return torch.zeros(1, self.hidden_size, device=self.device, dtype=self.dtype)

    @property
    def num_patches(self) -> int:
        return self.num_patches_per_side**2

    @property
    def config(self) -> SimpleNamespace:
        patch = -(-self.image_size // self.num_patches_per_side)
        return SimpleNamespace(hidden_size=self.hidden_size, image_size=self.image_size, patch_size=patch)


class FixedNorm(nn.BatchNorm2d):
    """Batch norm by the statistics that it was trained with, in float32: weights and statistics of two formats no kernel takes.

    DeepSpeed casts a model's parameters, those that are not trained too, and leaves its buffers.
    """

    def forward(self, x: Tensor) -> Tensor:
        parts = cast(tuple[Tensor, ...], (self.running_mean, self.running_var, self.weight, self.bias))  # it tracks them
        mean, variance, weight, bias = (each.float() for each in parts)
        return F.batch_norm(x, mean, variance, weight, bias, eps=self.eps)


def _size(blocks: Any, side: int) -> tuple[int, int]:
    """Channels and side of the feature map after `blocks`, for images of `side` pixels."""
    side = -(-side // 2)  # the stem
    for block in blocks:
        side = -(-side // block._depthwise_conv.stride[0])
    return blocks[-1]._bn2.num_features, side
