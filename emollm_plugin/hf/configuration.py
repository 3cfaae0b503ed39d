"""Configurations of an exported EmoLLM and of its smallest vision tower."""

from __future__ import annotations

from typing import Any

from transformers import LlavaConfig, PretrainedConfig


class EfficientNetLiteConfig(PretrainedConfig):
    """EfficientNet-Lite as a vision model.

    Args:
        variant: 0, 1 or 2.
        hidden_size: width of the layer that is read, for those who size a projector by it.
    """

    model_type = "efficientnet_lite"

    def __init__(self, variant: int = 0, image_size: int = 224, hidden_size: int = 1280, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variant, self.image_size, self.hidden_size = variant, image_size, hidden_size


class EmoLlavaConfig(LlavaConfig):
    """LLaVA's, with our projector.

    Args:
        projector_type: as LLaVA's `--mm_projector_type`: `multiperspective:` and all its options.
        skipped_tokens: how many of the tower's first tokens are no patches, such as a class token and registers.
        llava: what LLaVA's own config says of eyes and training, for those who turn an export back.
    """

    model_type = "emo_llava"

    def __init__(
        self,
        vision_config: Any = None,
        text_config: Any = None,
        projector_type: str = "multiperspective",
        skipped_tokens: int = 0,
        llava: dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(vision_config=vision_config, text_config=text_config, **kwargs)
        self.projector_type, self.skipped_tokens, self.llava = projector_type, skipped_tokens, dict(llava or {})
