"""A LLaVA-style model of any decoder with the usual layout: what the host has for LLaMA, made for every family.

LLaVA's `LlavaMetaModel` goes into the family's base model and `LlavaMetaForCausalLM` into its causal class, as in the
host's own `llava_llama.py`. Visual tokens enter as the projector makes them, beside the text's embeddings as the
family's embedding layer gives them. Gemma's layer multiplies by sqrt(hidden size): text comes scaled, visual tokens do
not, as in transformers' own Gemma 3 with eyes. A family that scales what it is given would scale both: refused.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from emobench_data.io.errors import InputError

from ..checkpoints.base_vision import load_base
from ..compat.dtype import float32_unless_told, keep_rotary_exact
from ..compat.quantized import one_quantization_argument
from ..compat.zero3 import generator_kept
from ..training.attention import supported_attention
from .decoder import Decoder

# `model_type` of what tests train, save and reload, beside LLaMA (with SmolLM2, Vicuna, Yi ...), the host's own.
FAMILIES = ("gemma2", "gemma3_text", "mistral", "mpt", "olmo2", "phi3", "qwen2", "qwen3")
LLAMA = "llama"
PREFIX = "llava_"


def any_decoder(host_class: Any, llama: type, meta_model: type, meta_causal: type) -> type:
    """A class that stands where LLaVA names `host_class`, and makes and loads the class that a config says.

    It is a subclass of `host_class`, and subclasses of it are plain classes again. `isinstance` and
    `issubclass` are true of every LLaVA model for the host's class for LLaMA, by which its training and loading make all of
    them, and of the family's for the others.

    Args:
        host_class: `LlavaLlamaForCausalLM`, or the host's class for Mistral or MPT.
        llama: the host's class for LLaMA.
        meta_model: its `LlavaMetaModel`.
        meta_causal: its `LlavaMetaForCausalLM`.
    """

    def class_of(path: Any, config: Any = None) -> type:
        family = family_of(path, config)
        return llama_class(llama) if family == LLAMA else causal_class(family, meta_model, meta_causal)

    def covers(cls: type) -> bool:
        kind = getattr(getattr(cls, "config_class", None), "model_type", None)
        known = host_class is llama or kind == host_class.config_class.model_type
        # Not `issubclass`, which asks a class's subclasses in turn, this one among them.
        return host_class in cls.__mro__ or (known and meta_causal in cls.__mro__)

    class Standing(type(host_class)):  # type: ignore[misc]  # what the host brings is known when it runs
        def __call__(cls, *args, **kwargs):
            config = args[0] if args else kwargs.get("config")
            if cls is not any_class or config is None:
                return super().__call__(*args, **kwargs)
            return class_of("this configuration", config)(*args, **kwargs)

        def __instancecheck__(cls, model: Any) -> bool:
            return covers(type(model)) if cls is any_class else super().__instancecheck__(model)

        def __subclasscheck__(cls, other: Any) -> bool:
            return covers(other) if cls is any_class else super().__subclasscheck__(other)

    def from_pretrained(cls, path, *args, config=None, **kwargs):
        if cls is not any_class:
            return super(any_class, cls).from_pretrained(path, *args, config=config, **kwargs)
        return _load(class_of(path, config), path, *args, config=config, **kwargs)

    names = {name: getattr(host_class, name) for name in ("__module__", "__qualname__", "__doc__")}
    members = {**names, "from_pretrained": classmethod(from_pretrained), "host_class": host_class}
    any_class: Any = Standing(host_class.__name__, (host_class,), members)
    return any_class


def _load(
    cls: type[Any],
    path: Any,
    *args: Any,
    config: Any = None,
    attn_implementation: Any = None,
    vision_tower: Any = None,
    **kwargs: Any,
) -> Any:
    """Load `path` as `cls`, as its attention and number format allow, with `vision_tower` where its own has moved."""
    if vision_tower is not None:
        config = config or cls.config_class.from_pretrained(path)
        config.mm_vision_tower = vision_tower
    if "torch_dtype" in kwargs or "dtype" in kwargs:
        # LLaVA's own is always given; `dtype` goes before it, and is no argument before transformers 4.56.
        told = float32_unless_told(kwargs.pop("torch_dtype", None))
        kwargs["torch_dtype"] = kwargs.pop("dtype", None) or told
    if attn_implementation is not None:
        kwargs["attn_implementation"] = supported_attention(cls, attn_implementation)
    if hasattr(config, "quantization_config"):
        # QLoRA notes its four bits there; its adapter is merged into the whole base, or what the caller asks for.
        del config.quantization_config
    with generator_kept():
        model = load_base(cls, path, *args, config=config, **one_quantization_argument(kwargs))
    keep_rotary_exact(model)
    return model


def family_of(path: Any, config: Any = None) -> str:
    """`model_type` of the decoder in a model folder or of a hub name: `qwen3` for qwen3 and for llava_qwen3.

    Raises:
        InputError: it is none of those that can be used.
    """
    from transformers import PretrainedConfig

    content = config.to_dict() if config is not None else PretrainedConfig.get_config_dict(path)[0]
    name, known = str(content.get("model_type")), (LLAMA, *known_families())
    family = name.removeprefix(PREFIX)
    if name == "llava" and content.get("architectures") == ["LlavaLlamaForCausalLM"]:
        family = LLAMA  # as the first LLaVA releases were saved
    if family not in known:
        raise InputError(f"{path}: model type {name!r} cannot be a base; known: {', '.join(known)}")
    return family


@cache
def known_families() -> tuple[str, ...]:
    """Those of `FAMILIES` that the installed transformers has."""
    from transformers import CONFIG_MAPPING

    return tuple(name for name in FAMILIES if name in CONFIG_MAPPING)


def register_configs() -> None:
    """Let `AutoConfig` read `llava_<family>` in a saved checkpoint; model classes are made when first needed."""
    from transformers import AutoConfig

    for family in known_families():
        AutoConfig.register(f"{PREFIX}{family}", config_class(family), exist_ok=True)


@cache
def config_class(family: str) -> type[Any]:
    """The family's config class, with `model_type` `llava_<family>`."""
    from transformers import CONFIG_MAPPING

    stock = CONFIG_MAPPING[family]
    return type(f"Llava{stock.__name__}", (stock,), {"model_type": f"{PREFIX}{family}", "__module__": __name__})


@cache
def causal_class(family: str, meta_model: type, meta_causal: type) -> type:
    """The LLaVA-style causal class of a family, registered with transformers under `llava_<family>`."""
    from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_MAPPING, AutoModel, AutoModelForCausalLM

    stock, config = CONFIG_MAPPING[family], config_class(family)
    base = _base_class(MODEL_MAPPING[stock], meta_model, config)
    causal = _causal_class(MODEL_FOR_CAUSAL_LM_MAPPING[stock], meta_causal, base, config)
    AutoModel.register(config, base, exist_ok=True)
    AutoModelForCausalLM.register(config, causal, exist_ok=True)
    return causal


def _base_class(stock: Any, meta_model: type, config: type[Any]) -> type:
    members = {"config_class": config, "__module__": __name__}
    if config.model_type == f"{PREFIX}mpt":
        # MPT names its embedding otherwise than the host's code for images expects.
        members["embed_tokens"] = lambda self, ids: self.wte(ids)
    return type(f"Llava{stock.__name__}", (meta_model, stock), members)


def _causal_class(stock: Any, meta_causal: type, base: type, config: type) -> type:
    class Causal(Decoder, stock, meta_causal):
        config_class = config

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            # The family's own `__init__` may set more than the layers (scales, soft caps), so it runs, and its base
            # model is replaced; while weights are loaded none of this takes memory.
            setattr(self, self.base_model_prefix, base(config))
            self.post_init()
            _refuse_scaled_inputs(self)

    return _named(Causal, stock, f"Llava{stock.__name__}")


@cache
def llama_class(host_class: Any) -> type:
    """The host's class for LLaMA, which makes its base model once, in the way of every other decoder."""
    from transformers import AutoModelForCausalLM

    class Causal(Decoder, host_class):
        pass

    named = _named(Causal, host_class.__mro__[1], host_class.__name__)
    AutoModelForCausalLM.register(host_class.config_class, named, exist_ok=True)
    return named


def _named(causal: Any, stock: type, name: str) -> type:
    causal.stock, causal.__name__, causal.__qualname__, causal.__module__ = stock, name, name, __name__
    return causal


def _refuse_scaled_inputs(model: Any) -> None:
    scaled = model.config.model_type.startswith(f"{PREFIX}gemma")
    if scaled and not hasattr(model.get_model().embed_tokens, "embed_scale"):
        raise InputError("this version of transformers scales Gemma's visual tokens with its text; use 5.x for Gemma")
