"""A base model that has eyes already: a LLaVA or EmoLLM checkpoint that is trained on, or that an adapter is loaded onto.

LLaVA 1.2.2 keeps the projector and the vision tower that such a base was saved with, whatever the command line says, and
writes into config.json what the command line said. Here the base is loaded without them, as a language model is; they are
made as they were asked for, and what fits of the base's projector is taken over.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ..media import hearing
from ..projector.options import SoundOptions, in_full
from .load import MARK, local_folder, tensors_below

logger = logging.getLogger(__name__)

# What stands in a config for eyes, beside the tower, from which the host builds them.
EYES = ("mm_", "emollm_")
NEWLINE = "image_newline"
_training: ContextVar[bool] = ContextVar("a base is loaded to be trained", default=False)


@contextmanager
def to_be_trained() -> Iterator[None]:
    """Inside, a base is loaded without the eyes that it has."""
    token = _training.set(True)
    try:
        yield
    finally:
        _training.reset(token)


def load_base(cls: type[Any], path: Any, *args: Any, config: Any = None, **kwargs: Any) -> nn.Module:
    """`cls.from_pretrained`, without the base's own eyes where they would be in the way.

    Args:
        config: None for the base's own, or that of an adapter or a projector, whose eyes the model then gets, untrained.
    """
    own = eyes_of(path)
    if own is None or (config is None and not _training.get()) or (config is not None and _same_eyes(own, config)):
        return cls.from_pretrained(path, *args, config=config, **kwargs)
    blind = copy.deepcopy(config) if config is not None else cls.config_class.from_pretrained(path)
    for name in [name for name in vars(blind) if name.startswith(EYES)]:
        delattr(blind, name)
    model = cls.from_pretrained(path, *args, config=blind, **kwargs)
    if config is not None:
        _give_eyes(model, config)
    return model


def eyes_of(path: Any) -> Mapping[str, Any] | None:
    """The config of a model folder or hub name if it has eyes, else None."""
    from transformers import PretrainedConfig

    content = PretrainedConfig.get_config_dict(path)[0]
    return content if "mm_vision_tower" in content else None


def _same_eyes(own: Mapping[str, Any], config: Any) -> bool:
    kinds = (own.get("mm_projector_type", "linear"), getattr(config, "mm_projector_type", "linear"))
    heard = (own.get(hearing.PROJECTOR_KEY, ""), getattr(config, hearing.PROJECTOR_KEY, ""))
    alike = all(own.get(width) == getattr(config, width, None) for width in ("mm_hidden_size", hearing.WIDTH_KEY))
    return alike and len({*map(in_full, kinds)}) == 1 and len({in_full(kind, SoundOptions) for kind in heard}) == 1


def _give_eyes(model: Any, config: Any) -> None:
    """What `LlavaMetaModel.__init__` makes of a config, in a model that was made without."""
    from llava.model import llava_arch

    for name, value in vars(config).items():
        if name.startswith(EYES):
            setattr(model.config, name, value)
    base = model.get_model()
    base.vision_tower = llava_arch.build_vision_tower(config, delay_load=True)
    base.mm_projector = llava_arch.build_vision_projector(config).to(device=model.device, dtype=model.dtype)
    hearing.give_ears(base, config)
    if hasattr(base, hearing.NAME):
        getattr(base, hearing.NAME).to(device=model.device, dtype=model.dtype)
    if "unpad" in getattr(config, "mm_patch_merge_type", ""):
        base.image_newline = nn.Parameter(base.embed_tokens.weight.new_empty(config.hidden_size))


def taking_over(host_initialize: Callable) -> Callable:
    """Wrap `LlavaMetaModel.initialize_vision_modules`: new eyes begin with what fits of the base's."""

    def initialize_vision_modules(self, model_args, fsdp=None):
        host_initialize(self, model_args, fsdp)
        path = model_args.model_name_or_path if _training.get() else None
        own = eyes_of(path) if path else None
        if path is None or own is None:
            return
        folder = local_folder(Path(path))
        newline = tensors_below(folder, NEWLINE).get("")
        if newline is not None and hasattr(self, NEWLINE) and newline.shape == self.image_newline.shape:
            self.image_newline.data.copy_(newline)
        if model_args.pretrain_mm_mlp_adapter is None:
            taken, new = take_over(self.mm_projector, tensors_below(folder, MARK))
            logger.info("%s", _told(path, own, self.config, taken, new))
        if hasattr(self, hearing.NAME):
            taken, new = take_over(getattr(self, hearing.NAME), tensors_below(folder, f"{hearing.NAME}."))
            logger.info("of its hearing taken over: %s; new: %s", ", ".join(taken) or "nothing", ", ".join(new) or "nothing")

    return initialize_vision_modules


def take_over(projector: nn.Module, saved: Mapping[str, Tensor]) -> tuple[list[str], list[str]]:
    """Load the parts of a projector that `saved` has whole, in the same shapes; returns their names and the others'.

    The content path of ours and the host's `mlp2x_gelu` are one part under two names. A perspective goes together with what
    reads it, and relations with the objects that they are relations of.
    """
    wanted = projector.state_dict()
    saved = _named_as(wanted, saved)
    parts: dict[str, list[str]] = {}
    for key in wanted:
        parts.setdefault(_part_of(key), []).append(key)
    fits = {part: all(key in saved and saved[key].shape == wanted[key].shape for key in keys) for part, keys in parts.items()}
    if "relations" in fits:
        fits["relations"] &= fits["objects"]
    projector.load_state_dict({key: saved[key] if fits[_part_of(key)] else value for key, value in wanted.items()})
    return [part for part, fit in fits.items() if fit], [part for part, fit in fits.items() if not fit]


def _named_as(wanted: Mapping[str, Tensor], saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    content = "content."
    if "content.0.weight" in wanted and set(saved) == {"0.weight", "0.bias", "2.weight", "2.bias"}:
        return {content + key: value for key, value in saved.items()}
    if "0.weight" in wanted:
        return {key.removeprefix(content): value for key, value in saved.items()}
    return dict(saved)


def _part_of(key: str) -> str:
    """`perspectives.layout.proj.weight` and `reads.layout.gate` -> `layout`; a projector of the host's is one part."""
    first, _, rest = key.partition(".")
    if first in ("perspectives", "reads"):
        return rest.partition(".")[0]
    return "content"


def _told(path: str, own: Mapping[str, Any], config: Any, taken: list[str], new: list[str]) -> str:
    eyes = "mm_projector_type", "mm_vision_tower", "mm_vision_select_layer", "mm_vision_select_feature"
    had, has = ([str(value) for value in values] for values in zip(*((own.get(name), getattr(config, name)) for name in eyes)))
    words = f"{path} was trained with {', '.join(had)}; now {', '.join(has)}"
    if not taken:
        return f"{words}: nothing of its projector fits, which begins anew"
    return f"{words}: taken over of its projector: {', '.join(taken)}; new: {', '.join(new) or 'nothing'}"
