"""Hand the plug-in's names to the host's builders as its modules are imported.

The only place besides `compat` that names the host's internals (llava 1.2.2). Nothing is imported here that the host
does not import itself, and `register()` may come before or after the host.
"""

from __future__ import annotations

from functools import wraps
from types import ModuleType
from typing import Callable

import wrapt

from . import projector, towers  # noqa: F401  (both fill their registries)
from .registry import PROJECTORS, projector_family

_MARK = "_emollm_attached"


def register() -> None:
    """Attach the plug-in to LLaVA. Safe to call again, before or after `import llava`."""
    if getattr(register, _MARK, False):
        return
    setattr(register, _MARK, True)
    from . import compat

    for module, hook in (*compat.HOOKS.items(), *_HOOKS.items()):
        wrapt.register_post_import_hook(hook, module)


def wrap(module: ModuleType | type, name: str, make: Callable[[Callable], Callable]) -> None:
    """Replace `module.name` by `make(original)`, once."""
    original = getattr(module, name)
    if not getattr(original, _MARK, False):
        replacement = wraps(original)(make(original))
        setattr(replacement, _MARK, True)
        setattr(module, name, replacement)


def is_attached(function: Callable) -> bool:
    """Whether a function of the host is the plug-in's replacement."""
    return getattr(function, _MARK, False)


def _projector_builder(host_builder: Callable) -> Callable:
    def build_vision_projector(config, delay_load=False, **kwargs):
        projector_type = getattr(config, "mm_projector_type", "linear")
        if projector_family(projector_type) in PROJECTORS:
            return PROJECTORS.get(projector_family(projector_type))(config)
        return host_builder(config, delay_load=delay_load, **kwargs)

    return build_vision_projector


def _tower_builder(host_builder: Callable) -> Callable:
    from .compat.cpu import no_half_on_cpu
    from .compat.zero3 import generator_kept

    def build_vision_tower(config, **kwargs):
        name = getattr(config, "mm_vision_tower", getattr(config, "vision_tower", None))
        ours = towers.builder_of(name)
        with generator_kept():
            tower = ours(name, config, **kwargs) if ours else host_builder(config, **kwargs)
        towers.check_tower(tower, config)
        no_half_on_cpu(tower)
        return tower

    return build_vision_tower


def _preprocess(host_preprocess: Callable, conversation: ModuleType, tokenize: Callable) -> Callable:
    import torch

    from .prompt.encode import encode
    from .prompt.templates import is_ours

    def preprocess(sources, tokenizer, has_image=False):
        conv = conversation.default_conversation
        if not is_ours(conv):
            return host_preprocess(sources, tokenizer, has_image=has_image)
        query = (lambda text: tokenize(text, tokenizer)) if has_image else (lambda text: tokenizer(text).input_ids)
        pairs = [encode(conv, turns, tokenizer, query) for turns in sources]
        return {
            "input_ids": [torch.tensor(ids, dtype=torch.long) for ids, _ in pairs],
            "labels": [torch.tensor(labels, dtype=torch.long) for _, labels in pairs],
        }

    return preprocess


def _noting(host_method: Callable) -> Callable:
    from .folders import note_training

    def initialize_vision_tokenizer(self, model_args, tokenizer):
        note_training(self.config, template=model_args.version, base=model_args.model_name_or_path)
        return host_method(self, model_args, tokenizer)

    return initialize_vision_tokenizer


def _on_projector_builder(module: ModuleType) -> None:
    wrap(module, "build_vision_projector", _projector_builder)


def _on_tower_builder(module: ModuleType) -> None:
    wrap(module, "build_vision_tower", _tower_builder)


def _on_arch(module: ModuleType) -> None:
    from . import video

    # llava_arch holds both builders by name, bound before us where the host was imported first.
    _on_projector_builder(module)
    _on_tower_builder(module)
    # Only training calls this, with the arguments that it was given.
    wrap(module.LlavaMetaForCausalLM, "initialize_vision_tokenizer", _noting)
    wrap(module.LlavaMetaForCausalLM, "prepare_inputs_labels_for_multimodal", video.noting_clips)
    wrap(module.LlavaMetaForCausalLM, "encode_images", video.telling_clips)


def _name_without_plain(host_function: Callable) -> Callable:
    def get_model_name_from_path(model_path):
        # The host's evaluation switches to another template where the folder's name holds this word in small letters.
        return host_function(model_path).replace("plain", "Plain")

    return get_model_name_from_path


def _on_mm_utils(module: ModuleType) -> None:
    wrap(module, "get_model_name_from_path", _name_without_plain)


def _on_conversation(module: ModuleType) -> None:
    from .prompt.templates import build_templates

    module.conv_templates.update(build_templates(module))


def _any_decoder(module: ModuleType) -> None:
    from llava.model import llava_arch

    from .decoders import AnyDecoder, register_configs

    register_configs()
    dispatch = AnyDecoder(module.LlavaLlamaForCausalLM, llava_arch.LlavaMetaModel, llava_arch.LlavaMetaForCausalLM)
    for name in ("LlavaLlamaForCausalLM", "LlavaMistralForCausalLM", "LlavaMptForCausalLM"):
        setattr(module, name, dispatch)


def _on_train(module: ModuleType) -> None:
    from . import video
    from .collate import padded_by_length
    from .compat.names import base_by_content
    from .train import guarded_train

    _any_decoder(module)
    wrap(module.ModelArguments, "__init__", base_by_content)
    wrap(module.DataCollatorForSupervisedDataset, "__call__", padded_by_length)
    module.DataArguments = video.with_frame_cache(module.DataArguments)
    dataset = module.LazySupervisedDataset
    wrap(dataset, "__getitem__", lambda host: video.clip_samples(host, module))
    dataset.lengths = video.clips_count_as_pictures(dataset.lengths)
    dataset.modality_lengths = video.clips_count_as_pictures(dataset.modality_lengths)
    wrap(module, "preprocess", lambda host: _preprocess(host, module.conversation_lib, module.tokenizer_image_token))
    wrap(module, "train", lambda host: guarded_train(host, module))


def _on_trainer(module: ModuleType) -> None:
    from . import resume, saving, video
    from .compat.accumulate import whole_steps
    from .compat.trainer import no_empty_groups
    from .compat.zero3 import own_storage

    cls = module.LLaVATrainer
    whole_steps(cls)
    wrap(cls, "_save", own_storage)
    wrap(cls, "create_optimizer", no_empty_groups)
    wrap(cls, "save_model", saving.save_what_was_tuned)
    wrap(cls, "_save_checkpoint", saving.save_in_one_piece)
    wrap(cls, "_load_from_checkpoint", resume.load_what_was_tuned)
    wrap(cls, "_get_train_sampler", resume.repeatable_order)
    wrap(cls, "train", lambda host: resume.train_from_last_complete(video.noting_its_clips(host)))


def _on_llama(module: ModuleType) -> None:
    from .compat.quantized import one_quantization_argument
    from .loss import answer_only_loss

    one_quantization_argument(module.LlavaLlamaForCausalLM)
    wrap(module.LlavaLlamaForCausalLM, "forward", answer_only_loss)
    module.LlavaLlamaForCausalLM.accepts_loss_kwargs = True


def _on_model_builder(module: ModuleType) -> None:
    from llava.conversation import conv_templates

    from .checkpoint import checked_load
    from .prompt.stop import stopping_load

    _any_decoder(module)
    wrap(module, "load_pretrained_model", lambda host: stopping_load(checked_load(host), conv_templates))


# `llavaction` descends from LLaVA-NeXT and keeps the builders; its training script is not the one we wrap.
HOSTS = ("llava", "llavaction")
_IN_EVERY_HOST: dict[str, Callable[[ModuleType], None]] = {
    "conversation": _on_conversation,
    "model.multimodal_encoder.builder": _on_tower_builder,
    "model.multimodal_projector.builder": _on_projector_builder,
    "model.llava_arch": _on_arch,
}
_HOOKS: dict[str, Callable[[ModuleType], None]] = {
    **{f"{host}.{module}": hook for host in HOSTS for module, hook in _IN_EVERY_HOST.items()},
    "llava.mm_utils": _on_mm_utils,
    "llava.model.builder": _on_model_builder,
    "llava.model.language_model.llava_llama": _on_llama,
    "llava.train.llava_trainer": _on_trainer,
    "llava.train.train": _on_train,
}
