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
    from ..media import hearing as sound
    from ..towers.kept import keeping_features

    # Only training calls these, with the arguments that it was given.
    wrap(
        module.LlavaMetaModel,
        "initialize_vision_modules",
        lambda host: taking_over(keeping_features(sound.asked_to_hear(host))),
    )
    wrap(module.LlavaMetaForCausalLM, "initialize_vision_tokenizer", lambda host: _noting(host, module))
    wrap(module.LlavaMetaModel, "__init__", sound.with_ears)
    meta = module.LlavaMetaForCausalLM
    wrap(meta, "prepare_inputs_labels_for_multimodal", lambda host: sound.hearing(video.noting_clips(host)))
    seeing = video.with_clip_lengths
    wrap(meta, "encode_images", lambda host: sound.passing_encoded(in_models_format(seeing(host))))


def _noting(host_method: Callable, arch: ModuleType) -> Callable:
    from ..checkpoints.folders import note_training
    from ..media.hearing import trained_alike
    from ..prompt.chat_template import note_format

    conversation = f"{arch.__name__.split('.')[0]}.conversation"

    def initialize_vision_tokenizer(self, model_args, tokenizer):
        trained_alike(self.get_model())
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
