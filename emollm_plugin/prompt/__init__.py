"""EmoPrompt: conversation templates, and token ids with label masks built turn by turn."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .chat_template import template_for
    from .formats import format_of

__getattr__ = handing_out(__name__, {"format_of": "formats", "template_for": "chat_template"})

__all__ = ["format_of", "template_for"]
