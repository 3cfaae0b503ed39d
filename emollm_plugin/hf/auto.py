"""Our classes under the names of transformers' Auto classes."""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from ..projector.multiperspective import BUILDERS
from ..registry import PERSPECTIVE_BUILDERS
from .configuration import EfficientNetLiteConfig, EmoLlavaConfig
from .efficientnet import EfficientNetLiteModel
from .modeling import EmoLlavaForConditionalGeneration, EmoLlavaModel
from .processing import EmoLlavaImageProcessor, EmoLlavaProcessor

# In the one file of an export nobody else has made our own perspectives known.
for _perspective in {*BUILDERS} - {*PERSPECTIVE_BUILDERS}:
    PERSPECTIVE_BUILDERS.add(_perspective, BUILDERS[_perspective])

# The vision model comes first: a config with it in is read by its name.
AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig, exist_ok=True)
AutoModel.register(EfficientNetLiteConfig, EfficientNetLiteModel, exist_ok=True)
AutoConfig.register(EmoLlavaConfig.model_type, EmoLlavaConfig, exist_ok=True)
AutoModel.register(EmoLlavaConfig, EmoLlavaModel, exist_ok=True)
AutoModelForImageTextToText.register(EmoLlavaConfig, EmoLlavaForConditionalGeneration, exist_ok=True)


def register_processors() -> None:
    """The same for processors, whose classes an exported folder names itself; older transformers 5 wants torchvision for it."""
    AutoImageProcessor.register(EmoLlavaConfig, slow_image_processor_class=EmoLlavaImageProcessor, exist_ok=True)
    AutoProcessor.register(EmoLlavaConfig, EmoLlavaProcessor, exist_ok=True)
