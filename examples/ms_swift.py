"""An exported EmoLLM for ms-swift 4.6:

    swift sft --external_plugins examples/ms_swift.py --model MODEL --model_type emo_llava --template emollm_chatml ...

For a base of another family, write its turns into the template below.
"""

from __future__ import annotations

from swift.model import Model, ModelGroup, ModelMeta, register_model
from swift.model.model_arch import ModelArch
from swift.model.register import ModelLoader
from swift.template import TemplateMeta, register_template
from swift.template.templates.llava import LlavaHfTemplate
from transformers import AutoModelForImageTextToText

# As in `emollm_plugin.prompt.templates`; written out, so that the plug-in need not be installed there.
GUIDANCE = "Look at scene, faces, gestures and light, read words against the picture, then judge."


class EmoLlavaLoader(ModelLoader):
    """The class that the folder's own code names."""

    def get_model(self, model_dir, *args, **kwargs):
        self.auto_model_cls = self.auto_model_cls or AutoModelForImageTextToText
        return super().get_model(model_dir, *args, **kwargs)


class EmoLlavaTemplate(LlavaHfTemplate):
    """LLaVA's, with what stands between picture and question as the export's own chat template writes it."""

    def replace_tag(self, media_type, index, inputs):
        assert media_type == "image"
        template = self.processor.chat_template
        return ["<image>\n"] if '{{- "\\n" -}}' in template else ["<image>"]


register_model(
    ModelMeta(
        "emo_llava",
        [ModelGroup([Model("emo_llava", "emo_llava")])],
        EmoLlavaLoader,
        template="emollm_chatml",
        architectures=["EmoLlavaForConditionalGeneration"],
        model_arch=ModelArch.llava_hf,
        tags=["vision"],
    )
)
register_template(
    TemplateMeta(
        "emollm_chatml",
        prefix=[],
        prompt=["<|im_start|>user\n{{QUERY}}<|im_end|>\n<|im_start|>assistant\n"],
        chat_sep=["<|im_end|>\n"],
        suffix=["<|im_end|>"],
        system_prefix=["<|im_start|>system\n{{SYSTEM}}<|im_end|>\n"],
        default_system=GUIDANCE,
        template_cls=EmoLlavaTemplate,
    )
)
