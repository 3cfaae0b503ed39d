"""The host's models: what they do with pictures, their loss, and every decoder as one of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from ..attach import replace, wrap


def on_arch(module: ModuleType) -> None:
    from ..checkpoints.base_vision import taking_over
    from ..compat.dtype import in_models_format
    from ..media import clips as video

    # Only training calls these, with the arguments that it was given.
    wrap(module.LlavaMetaModel, "initialize_vision_modules", taking_over)
    wrap(module.LlavaMetaForCausalLM, "initialize_vision_tokenizer", lambda host: _noting(host, module))
    wrap(module.LlavaMetaForCausalLM, "prepare_inputs_labels_for_multimodal", video.noting_clips)
    wrap(module.LlavaMetaForCausalLM, "encode_images", lambda host: in_models_format(video.with_clip_lengths(host)))


def _noting(host_method: Callable, arch: ModuleType) -> Callable:
    from ..checkpoints.folders import note_training
    from ..prompt.chat_template import note_format

    conversation = f"{arch.__name__.split('.')[0]}.conversation"

    def initialize_vision_tokenizer(self, model_args, tokenizer):
        note_format(self.config, import_module(conversation).conv_templates.get(model_args.version))
        note_training(self.config, template=model_args.version, base=model_args.model_name_or_path)
        return host_method(self, model_args, tokenizer)

    return initialize_vision_tokenizer


def on_model(_module: ModuleType) -> None:
    from .decoders import register_configs

    register_configs()


def _on_language_model(name: str) -> Callable[[ModuleType], None]:
    """The host's class `name` becomes one that loads any family, wherever it is imported from."""

    def hook(module: ModuleType) -> None:
        from llava.model import llava_arch
        from llava.model.language_model import llava_llama

        from .decoders import any_decoder

        llama = llava_llama.LlavaLlamaForCausalLM
        llama = getattr(llama, "host_class", llama)
        replace(module, name, lambda host: any_decoder(host, llama, llava_arch.LlavaMetaModel, llava_arch.LlavaMetaForCausalLM))

    return hook


on_llama = _on_language_model("LlavaLlamaForCausalLM")
on_mistral = _on_language_model("LlavaMistralForCausalLM")
on_mpt = _on_language_model("LlavaMptForCausalLM")
