"""The vision tower and projector of a LLaVA model, as transformers names them, and their processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emobench_data.io.errors import InputError
from emobench_data.schema.questions import PLACEHOLDER

from ..projector.options import FAMILY, ProjectorOptions
from ..registry import projector_family

# Keys of LLaVA's config that a decoder knows nothing of, and that `emollm import` puts back.
OF_LLAVA = ("mm_", "emollm_", "image_", "tokenizer_", "tune_mm", "freeze_mm", "use_mm", "unfreeze_mm")
# Which of the towers' kinds transformers' own LLaVA takes as they are; registers it would take for patches.
STOCK_TOWERS = ("clip_vision_model", "siglip_vision_model", "dinov2")


@dataclass(frozen=True)
class Vision:
    """The vision tower and projector of a LLaVA model, as transformers names them.

    Args:
        tower: the tower's config.
        layer: which of its hidden states is read.
        skipped: how many of its first tokens are no patches.
        tokens: of a picture, as the projector gives them.
        projector: its type string.
        stock: whether transformers' own LLaVA is the same.
    """

    tower: Any
    layer: int
    skipped: int
    tokens: int
    projector: str
    stock: bool

    @classmethod
    def of(cls, model: Any) -> Vision:
        """Those of a model.

        Raises:
            InputError: they have no form in transformers.
        """
        from ..towers.efficientnet_lite import EfficientNetLiteTower

        tower, config = model.get_vision_tower(), model.config
        projector = _projector_type(config)
        options = ProjectorOptions.parse(projector)
        lite = isinstance(tower, EfficientNetLiteTower)
        vision = _lite_config(tower) if lite else getattr(getattr(tower, "vision_tower", None), "config", None)
        kind = getattr(vision, "model_type", None)
        if kind not in ("efficientnet_lite", "dinov2_with_registers", *STOCK_TOWERS):
            known = "EfficientNet-Lite, CLIP, SigLIP, DINOv2"
            raise InputError(f"vision tower {config.mm_vision_tower} ({kind}) cannot be exported; known: {known}")
        if str(getattr(config, "image_aspect_ratio", None)).startswith("anyres"):
            raise InputError("pictures in crops (image_aspect_ratio anyres) cannot be exported; train with pad")
        whole = getattr(config, "mm_vision_select_feature", "patch") == "cls_patch"
        class_token = kind in ("clip_vision_model", "dinov2", "dinov2_with_registers")
        skipped = 0 if whole else class_token + getattr(vision, "num_register_tokens", 0)
        patches = tower.num_patches + (whole and class_token)
        stock = not options.perspectives and not options.tokens and kind in STOCK_TOWERS
        layer = config.mm_vision_select_layer
        return cls(vision, layer, skipped, options.tokens or patches, projector, stock)

    def config(self, text: Any, image_id: int, llava: Any) -> Any:
        """The exported model's configuration."""
        from transformers import LlavaConfig

        from .configuration import EmoLlavaConfig

        self.tower.name_or_path = ""  # where it lay on this machine
        known = {
            "vision_config": self.tower,
            "text_config": text,
            "image_token_index": image_id,
            "image_seq_length": self.tokens,
            "vision_feature_layer": self.layer,
            "vision_feature_select_strategy": "default" if self.skipped else "full",
            "llava": _noted(llava),
            "dtype": llava.dtype,
        }
        if self.stock:
            return LlavaConfig(**known)
        return EmoLlavaConfig(**known, projector_type=self.projector, skipped_tokens=self.skipped)

    def processor(self, image_processor: Any, tokenizer: Any, template: str, llava: Any) -> Any:
        """The exported model's processor."""
        from transformers import LlavaProcessor
        from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

        from .processing import EmoLlavaImageProcessor, EmoLlavaProcessor

        names = ("size", "crop_size", "resample", "image_mean", "image_std", "rescale_factor", "do_rescale", "do_normalize")
        settings = {name: getattr(image_processor, name) for name in names if getattr(image_processor, name, None) is not None}
        settings = {name: dict(value) if name in ("size", "crop_size") else value for name, value in settings.items()}
        settings["size"] = {side: value for side, value in settings["size"].items() if value is not None}
        crops = bool(getattr(image_processor, "do_center_crop", False))
        settings |= {"do_pad": getattr(llava, "image_aspect_ratio", None) == "pad", "do_center_crop": crops}
        if not self.stock:
            pictures = EmoLlavaImageProcessor(**settings)
            return EmoLlavaProcessor(pictures, tokenizer, image_seq_length=self.tokens, chat_template=template)
        patch = self.tower.patch_size
        return LlavaProcessor(
            LlavaImageProcessorPil(**settings),
            tokenizer,
            patch_size=patch,
            chat_template=template,
            image_token=PLACEHOLDER,
            vision_feature_select_strategy="default" if self.skipped else "full",
            # The class token is counted, and taken off again where it is skipped.
            num_additional_image_tokens=int(self.tower.model_type != "siglip_vision_model"),
        )


def _projector_type(config: Any) -> str:
    given = getattr(config, "mm_projector_type", "linear")
    if given == "mlp2x_gelu":
        return str(ProjectorOptions.parse(f"{FAMILY}:perspectives=none"))
    if projector_family(given) != FAMILY:
        raise InputError(f"projector {given} cannot be exported; known: {FAMILY}, mlp2x_gelu")
    return str(ProjectorOptions.parse(given))


def _lite_config(tower):
    from .configuration import EfficientNetLiteConfig

    variant = int(tower.vision_tower_name[-1])
    return EfficientNetLiteConfig(variant=variant, image_size=tower.image_size, hidden_size=tower.hidden_size)


def _noted(config: Any) -> dict[str, Any]:
    """What LLaVA's config says beside the decoder's; of paths of this machine the last part."""
    from ..checkpoints.card import name_of

    return {key: name_of(value) for key, value in config.to_dict().items() if key.startswith(OF_LLAVA)}
