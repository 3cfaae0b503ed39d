"""The tiny models, and a checkpoint of them."""

from ..emollm_plugin.conftest import llava_model, tiny
from ..emollm_plugin.saved import checkpoint

__all__ = ["checkpoint", "llava_model", "tiny"]
