"""An exported EmoLLM for LLaMA-Factory 0.9.5. Import this before its command line:

    python -c "import llama_factory; from llamafactory.cli import main; main()" train sft.yaml     # in this folder

with `model_name_or_path: MODEL`, `trust_remote_code: true` and `template: emollm_chatml` in sft.yaml. For a base of another
family, copy its template here from LLaMA-Factory's own and give it EmoPrompt's text and this plug-in.
"""

from __future__ import annotations

from llamafactory.data.formatter import EmptyFormatter, StringFormatter
from llamafactory.data.mm_plugin import LlavaPlugin, get_mm_plugin, register_mm_plugin
from llamafactory.data.template import register_template
from llamafactory.model.model_utils.visual import _register_composite_model

# As in `emollm_plugin.prompt.templates`; written out, so that the plug-in need not be installed there.
GUIDANCE = "Look at scene, faces, gestures and light, read words against the picture, then judge."


class EmoLlavaPlugin(LlavaPlugin):
    """LLaVA's: the processor of an export gives the projector's count of tokens by LLaVA's own formula."""


register_mm_plugin("emo_llava", EmoLlavaPlugin)
_register_composite_model(model_type="emo_llava")  # vision_tower, multi_modal_projector, language_model
register_template(
    name="emollm_chatml",
    format_user=StringFormatter(slots=["<|im_start|>user\n{{content}}<|im_end|>\n<|im_start|>assistant\n"]),
    format_assistant=StringFormatter(slots=["{{content}}<|im_end|>\n"]),
    format_system=StringFormatter(slots=["<|im_start|>system\n{{content}}<|im_end|>\n"]),
    format_prefix=EmptyFormatter(slots=[]),
    default_system=GUIDANCE,
    stop_words=["<|im_end|>"],
    mm_plugin=get_mm_plugin(name="emo_llava", image_token="<image>"),
)
