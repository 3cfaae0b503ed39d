"""SigLIP and DINOv2 as LLaVA vision towers, through transformers."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoImageProcessor

from emobench_data.io.errors import InputError

from .kept import of_files

# `model_type` in config.json -> (class, whether it takes pixel sizes other than the one it was trained on). A SigLIP
# folder may hold the text half too; the class takes the vision part of config and weights.
KINDS = {
    "siglip": ("SiglipVisionModel", False),
    "siglip_vision_model": ("SiglipVisionModel", False),
    "dinov2": ("Dinov2Model", True),
    "dinov2_with_registers": ("Dinov2WithRegistersModel", True),
}


class TransformersTower(nn.Module):
    """Patch tokens of one layer, frozen: (B, 3, S, S) -> (B, N, C).

    It has the attributes that the host reads off its CLIP tower. S is what the folder's own image processor makes.
    DINOv2 puts a class token before the patches (and registers, which are dropped), SigLIP has none.

    Args:
        name: a model folder or hub name.
        kind: its `model_type`, a key of `KINDS`.
        args: the host's arguments: `mm_vision_select_layer`, and `mm_vision_select_feature`, `patch` or `cls_patch`.

    Raises:
        InputError: the folder is not complete, or pixels, patches or the class token do not fit together; what
            concerns the model around it is checked by `towers.check_tower`.
    """

    def __init__(self, name: str, kind: str, args: Any, *, delay_load: bool = False) -> None:
        super().__init__()
        class_name, self.any_size = KINDS[kind]
        if not hasattr(transformers, class_name):
            raise InputError(f"vision tower {name}: transformers {transformers.__version__} has no {class_name}")
        self.model_class = getattr(transformers, class_name)
        self.vision_tower_name = name
        self.select_layer = args.mm_vision_select_layer
        self.select_feature = getattr(args, "mm_vision_select_feature", "patch")
        self.is_loaded = False
        try:
            self.config = self.model_class.config_class.from_pretrained(name)
            self.image_processor = AutoImageProcessor.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise InputError(f"vision tower {name} cannot be read: {str(error).splitlines()[0]}") from error
        class_token = "dinov2" in kind
        self.skipped = class_token + getattr(self.config, "num_register_tokens", 0)
        self.image_size = _side(self.image_processor)
        # The host's code for samples without an image asks for it; SigLIP's processor only resizes.
        self.image_processor.crop_size = {"height": self.image_size, "width": self.image_size}
        if self.image_size % self.config.patch_size and self.any_size:
            raise InputError(
                f"vision tower {name}: {self.image_size} pixels of its image processor are no multiple of its patch"
                f" size {self.config.patch_size}"
            )
        known = ("patch", "cls_patch") if class_token else ("patch",)
        if self.select_feature not in known:
            raise InputError(f"vision tower {name}: mm_vision_select_feature {self.select_feature!r} is not in {known}")
        if not delay_load:
            self.load_model()

    def load_model(self, device_map: Any = None) -> None:
        """Load the weights, once."""
        if not self.is_loaded:
            model = self.model_class.from_pretrained(self.vision_tower_name, device_map=device_map)
            self.vision_tower = model.requires_grad_(False)
            self.is_loaded = True

    @torch.no_grad()
    def forward(self, images: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
        """Tokens in raster order, in the images' dtype: (B, 3, S, S) -> (B, N, C); `cls_patch` puts one before them."""
        if isinstance(images, list):
            return [self(image[None]) for image in images]
        seen = self.vision_tower(images.to(device=self.device, dtype=self.dtype), output_hidden_states=True)
        tokens = seen.hidden_states[self.select_layer]
        patches = tokens[:, self.skipped :]
        if patches.shape[1:] != (self.num_patches, self.hidden_size):
            raise InputError(
                f"vision tower {self.vision_tower_name} gives {tuple(patches.shape[1:])} (patches, width) for images of"
                f" {tuple(images.shape[2:])} pixels, not {(self.num_patches, self.hidden_size)}"
            )
        if self.select_feature == "cls_patch":
            patches = torch.cat([tokens[:, :1], patches], dim=1)
        return patches.to(images.dtype)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells it and what is read of it from others, for what is kept of its output."""
        return of_files(self.vision_tower_name, self.config, self.select_layer, self.select_feature)

    @property
    def dtype(self) -> torch.dtype:
        return self.vision_tower.dtype

    @property
    def device(self) -> torch.device:
        return self.vision_tower.device

    @property
    def dummy_feature(self) -> Tensor:
        return torch.zeros(1, self.hidden_size, device=self.device, dtype=self.dtype)

    @property
    def hidden_size(self) -> int:
        return self.config.hidden_size

    @property
    def num_patches_per_side(self) -> int:
        return self.image_size // self.config.patch_size

    @property
    def num_patches(self) -> int:
        return self.num_patches_per_side**2


def _side(processor: Any) -> int:
    """Side in pixels of what an image processor makes: its crop, or the size that it resizes to."""
    cropped = getattr(processor, "do_center_crop", False) and getattr(processor, "crop_size", None)
    size = dict(cropped or processor.size)
    if size.get("height") is None or size["height"] != size.get("width"):
        raise InputError(f"the image processor makes no square images: {size}")
    return size["height"]
