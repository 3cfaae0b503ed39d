"""Hand the plug-in's names to the host's builders as its modules are imported.

The only place besides `compat` that names the host's internals (llava 1.2.2). Nothing is imported here that the host
does not import itself, and `register()` may come before or after the host.
"""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType
from typing import Any, Callable, Sequence

import wrapt

from . import projector, towers  # noqa: F401  (both fill their registries)
from .registry import PROJECTORS, projector_family

_MARK = "_emollm_attached"
Hook = Callable[[ModuleType], None]
_set: set[str] = set()  # modules whose hooks wait for their import, or have run
_replaced: list[tuple[Any, Any]] = []  # what the host had under a name, and what stands there now


def register() -> None:
    """Attach the plug-in to LLaVA. Safe to call again, before or after `import llava`, and after a call that failed.

    Names that other modules have already imported from the host (`from llava.model.builder import
    load_pretrained_model`) are bound anew. What else was taken from it by then, such as a function in a list or inside a
    `functools.partial`, stays the host's: register first, or take it again.
    """
    from . import compat

    before = len(_replaced)
    try:
        for name in {**compat.HOOKS, **_HOOKS}:
            if name not in _set:
                hooks = [some[name] for some in (compat.HOOKS, _HOOKS) if name in some]
                wrapt.register_post_import_hook(_attaching(name, hooks), name)
                _set.add(name)
    finally:
        if len(_replaced) > before:
            _bind_anew()


def _attaching(name: str, hooks: Sequence[Hook]) -> Hook:
    """All hooks of a module as one, which waits again where it fails during the module's import."""

    def attach(module: ModuleType) -> None:
        try:
            for hook in hooks:
                hook(module)
        except BaseException:
            if name in _set:
                # Python drops a module whose import fails, and wrapt forgot this hook before it ran it.
                sys.modules.pop(name, None)
                wrapt.register_post_import_hook(attach, name)
            raise

    return attach


def _bind_anew() -> None:
    """Let every module's name for what was replaced mean the replacement."""
    replacements = {id(original): replacement for original, replacement in _replaced}
    for module in [each for each in sys.modules.values() if isinstance(each, ModuleType)]:
        for name, value in list(vars(module).items()):
            if id(value) in replacements:
                setattr(module, name, replacements[id(value)])


def wrap(owner: ModuleType | type, name: str, make: Callable[[Callable], Callable]) -> None:
    """Replace the function `owner.name` by `make(original)`, once."""
    replace(owner, name, lambda original: wraps(original)(make(original)))


def replace(owner: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `owner.name`, a function or class, by `make(original)`, once."""
    original = getattr(owner, name)
    if vars(original).get(_MARK):
        return
    replacement = make(original)
    setattr(replacement, _MARK, True)
    setattr(owner, name, replacement)
    if isinstance(owner, ModuleType):
        _replaced.append((original, replacement))


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
    from .compat.cpu import tower_in_host_format
    from .compat.zero3 import generator_kept

    def build_vision_tower(config, **kwargs):
        name = getattr(config, "mm_vision_tower", getattr(config, "vision_tower", None))
        ours = towers.builder_of(name)
        with generator_kept():
            tower = ours(name, config, **kwargs) if ours else host_builder(config, **kwargs)
        towers.check_tower(tower, config)
        tower_in_host_format(tower)
        return tower

    return build_vision_tower


def _preprocess(host_preprocess: Callable, conversation: ModuleType, tokenize: Callable) -> Callable:
    import torch

    from .prompt.encode import encode, plain_turns
    from .prompt.templates import is_ours

    def preprocess(sources, tokenizer, has_image=False):
        conv = conversation.default_conversation
        if not is_ours(conv):
            return host_preprocess([plain_turns(turns, tokenizer) for turns in sources], tokenizer, has_image=has_image)
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
    from .base_eyes import taking_over
    from .compat.dtype import in_models_format

    # Only training calls these, with the arguments that it was given.
    wrap(module.LlavaMetaModel, "initialize_vision_modules", taking_over)
    wrap(module.LlavaMetaForCausalLM, "initialize_vision_tokenizer", _noting)
    wrap(module.LlavaMetaForCausalLM, "prepare_inputs_labels_for_multimodal", video.noting_clips)
    wrap(module.LlavaMetaForCausalLM, "encode_images", lambda host: in_models_format(video.telling_clips(host)))


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


def _on_language_model(name: str) -> Hook:
    """The host's class `name` becomes one that loads any family, wherever it is imported from."""

    def hook(module: ModuleType) -> None:
        from llava.model import llava_arch
        from llava.model.language_model import llava_llama

        from .decoders import any_decoder

        llama = llava_llama.LlavaLlamaForCausalLM
        llama = getattr(llama, "host_class", llama)
        replace(module, name, lambda host: any_decoder(host, llama, llava_arch.LlavaMetaModel, llava_arch.LlavaMetaForCausalLM))

    return hook


def _on_model(_module: ModuleType) -> None:
    from .decoders import register_configs

    register_configs()


def _on_train(module: ModuleType) -> None:
    from . import video
    from .collate import padded_by_length
    from .compat.names import base_by_content
    from .dataset import cut_to_fit, of_checked_records, with_more_arguments
    from .train import guarded_train

    wrap(module.ModelArguments, "__init__", base_by_content)
    wrap(module.DataCollatorForSupervisedDataset, "__call__", padded_by_length)
    replace(module, "DataArguments", with_more_arguments)
    dataset = module.LazySupervisedDataset
    dataset.records = dataset.room = None
    wrap(dataset, "__init__", of_checked_records)
    wrap(dataset, "__getitem__", lambda host: cut_to_fit(video.clip_samples(host, module)))
    dataset.lengths = video.clips_count_as_pictures(dataset.lengths)
    dataset.modality_lengths = video.clips_count_as_pictures(dataset.modality_lengths)
    wrap(module, "preprocess", lambda host: _preprocess(host, module.conversation_lib, module.tokenizer_image_token))
    wrap(module, "train", lambda host: guarded_train(host, module))


def _on_trainer(module: ModuleType) -> None:
    from . import notes, resume, saving, video
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
    wrap(cls, "train", lambda host: resume.train_from_last_complete(video.noting_its_clips(notes.noting_records(host))))


def _on_llama(module: ModuleType) -> None:
    from .compat.quantized import one_quantization_argument
    from .loss import answer_only_loss

    cls = module.LlavaLlamaForCausalLM
    if not getattr(cls, _MARK, False):
        one_quantization_argument(cls)
        wrap(cls, "forward", answer_only_loss)
        cls.accepts_loss_kwargs = True
    _on_language_model("LlavaLlamaForCausalLM")(module)


def _on_model_builder(module: ModuleType) -> None:
    from llava.conversation import conv_templates

    from .checkpoint import checked_load
    from .prompt.stop import stopping_load

    wrap(module, "load_pretrained_model", lambda host: stopping_load(checked_load(host), conv_templates))


# `llavaction` descends from LLaVA-NeXT and keeps the builders; its training script is not the one we wrap.
HOSTS = ("llava", "llavaction")
_IN_EVERY_HOST: dict[str, Hook] = {
    "conversation": _on_conversation,
    "model.multimodal_encoder.builder": _on_tower_builder,
    "model.multimodal_projector.builder": _on_projector_builder,
    "model.llava_arch": _on_arch,
}
_HOOKS: dict[str, Hook] = {
    **{f"{host}.{module}": hook for host in HOSTS for module, hook in _IN_EVERY_HOST.items()},
    "llava.mm_utils": _on_mm_utils,
    "llava.model.builder": _on_model_builder,
    "llava.model.language_model.llava_llama": _on_llama,
    "llava.model.language_model.llava_mistral": _on_language_model("LlavaMistralForCausalLM"),
    "llava.model.language_model.llava_mpt": _on_language_model("LlavaMptForCausalLM"),
    "llava.model": _on_model,
    "llava.train.llava_trainer": _on_trainer,
    "llava.train.train": _on_train,
}
