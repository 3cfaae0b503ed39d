"""Pictures and text as an exported EmoLLM takes them."""

from __future__ import annotations

from typing import Any

from PIL import Image
from transformers import LlavaProcessor
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil


class EmoLlavaImageProcessor(LlavaImageProcessorPil):
    """LLaVA's, always by Pillow: torchvision's resizing gives other pixels than those of training.

    Transparent parts become white, as people see them.
    """

    def convert_to_rgb(self, image: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # of arrays there, of pictures too
        """A Pillow picture in RGB; what is none of Pillow's stays as it is."""
        if isinstance(image, Image.Image) and image.has_transparency_data:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(ground, image)
        return super().convert_to_rgb(image, **kwargs)


class EmoLlavaProcessor(LlavaProcessor):
    """LLaVA's, with as many placeholders for a picture as the projector gives tokens.

    Args:
        image_seq_length: that number.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_seq_length: int = 576,
        chat_template: Any = None,
        **kwargs: Any,
    ) -> None:
        # Trainers that count by LLaVA's own formula (ms-swift, LLaMA-Factory) get the same: one patch as large as the picture,
        # and the other tokens beside it.
        counted = {
            "patch_size": _side(image_processor),
            "num_additional_image_tokens": image_seq_length - 1,
            "vision_feature_select_strategy": "full",
        }
        super().__init__(image_processor, tokenizer, chat_template=chat_template, **{**kwargs, **counted})
        self.image_seq_length = image_seq_length

    def replace_image_token(self, image_inputs: dict, image_idx: int, **kwargs: Any) -> str:
        """The placeholders that stand for one picture in a text."""
        return self.image_token * self.image_seq_length

    def _get_num_multimodal_tokens(self, image_sizes=None, **kwargs):
        """How many placeholders stand for pictures of these sizes, for engines that plan ahead."""
        from transformers.processing_utils import MultiModalData

        if image_sizes is None:
            return MultiModalData()
        count = len(image_sizes)
        return MultiModalData(num_image_tokens=[self.image_seq_length] * count, num_image_patches=[1] * count)


def _side(image_processor: Any) -> int | None:
    """Side in pixels of what an image processor makes."""
    if image_processor is None:
        return None
    made = dict(image_processor.crop_size if image_processor.do_center_crop else image_processor.size)
    return made.get("height") or made.get("shortest_edge")
