"""EfficientNet-Lite as a LLaVA vision tower (weights and network: packages efficientnet-lite*-pytorch*, Apache-2.0)."""

from __future__ import annotations

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from transformers import CLIPImageProcessor

from .towers import EFFICIENTNET_LITE, weights_file

WIDTH = 1280
STRIDE = 32


class EfficientNetLiteTower(nn.Module):
    """The last feature map as patch tokens, frozen: (B, 3, S, S) -> (B, (S/32)^2, 1280).

    It has the attributes that the host reads off its CLIP tower. Pixels are scaled to (x - 0.5) / 0.5. The tokens are
    taken before the last activation and standardized per channel by the batch norm's own ImageNet statistics: after it
    they share a large mean, and a projector learns from them more slowly (measured in benchmarks/QUALITY.md).
    """

    def __init__(self, name: str, *, delay_load: bool = False) -> None:
        super().__init__()
        self.vision_tower_name = name
        self.is_loaded = False
        self.image_size = EFFICIENTNET_LITE[name][1]
        if not delay_load:
            self.load_model()

    def load_model(self, device_map=None) -> None:
        """Load the weights, once; `device_map` is the host's and sets nothing here, the host moves the tower."""
        if self.is_loaded:
            return
        side = {"height": self.image_size, "width": self.image_size}
        half = [0.5, 0.5, 0.5]
        self.image_processor = CLIPImageProcessor(
            size={"shortest_edge": self.image_size}, crop_size=side, image_mean=half, image_std=half
        )
        network = EfficientNet.from_name(self.vision_tower_name.replace("_", "-"))
        network.load_state_dict(torch.load(weights_file(self.vision_tower_name), map_location="cpu", weights_only=True))
        network._fc = nn.Identity()  # the classifier is not used
        self.vision_tower = network.requires_grad_(False)
        self.is_loaded = True
        self.eval()

    def train(self, mode: bool = True):
        """Stay in evaluation mode: batch norm must not take its statistics from a training batch."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
        """Patch tokens in raster order, in the images' dtype: (B, 3, S, S) -> (B, N, 1280)."""
        if isinstance(images, list):
            return [self(image[None]) for image in images]
        network = self.vision_tower
        x = network._swish(network._bn0(network._conv_stem(images.to(device=self.device, dtype=self.dtype))))
        for block in network._blocks:
            x = block(x)
        norm = network._bn1
        x = F.batch_norm(network._conv_head(x), norm.running_mean, norm.running_var, eps=norm.eps)
        return x.flatten(2).transpose(1, 2).to(images.dtype)

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
    def hidden_size(self) -> int:
        return WIDTH

    @property
    def num_patches_per_side(self) -> int:
        return -(-self.image_size // STRIDE)

    @property
    def num_patches(self) -> int:
        return self.num_patches_per_side**2

    @property
    def config(self) -> SimpleNamespace:
        return SimpleNamespace(hidden_size=WIDTH, image_size=self.image_size, patch_size=STRIDE)
