"""The model of a recipe as LLaVA and the plug-in build it, on the meta device: every shape, no weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from os import devnull
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from emobench_data.io.errors import InputError

from ..recipes.prepare import SMALL_BASE
from ..recipes.recipe import Recipe
from .shapes import decoder_shapes, shapes_of, tower_folder

LLM, ADAPTER, PROJECTOR, TOWER, EARS = "language model", "adapter", "projector", "vision tower", "audio tower"
PARTS = (LLM, ADAPTER, PROJECTOR, TOWER, EARS)
DROPOUT = 0.05  # of an adapter, as the host's --lora_dropout is where nobody says


@dataclass(frozen=True)
class Shapes:
    """Sizes that the formulas take.

    Args:
        parameters: part -> how many.
        trained: part -> how many of these are trained.
        quantized: parameters that QLoRA keeps in four bits.
        matrices: elements of the linear layers that a token goes through, the adapter's and the head's not among them.
        layers, width, vocabulary: of the language model.
        heads: its attention heads times their width.
        visual: tokens of a picture in the language model.
        eyes: forward FLOPs of tower and of projector for a picture.
        sources: where shapes were read.
    """

    parameters: Mapping[str, int]
    trained: Mapping[str, int]
    quantized: int
    matrices: int
    layers: int
    width: int
    vocabulary: int
    heads: int
    visual: int
    eyes: tuple[int, int]
    sources: Mapping[str, str]


def shapes(recipe: Recipe) -> Shapes:
    """The sizes of what `recipe` trains.

    Raises:
        InputError: the shapes of its base model or of a tower are not known here.
    """
    model, sources = build(recipe)
    config, seen = model.config, model.get_model()
    counted = [(name, value.numel(), value.requires_grad) for name, value in model.named_parameters()]
    parameters = {part: sum(n for name, n, _ in counted if part_of(name) == part) for part in PARTS}
    trained = {part: sum(n for name, n, learns in counted if learns and part_of(name) == part) for part in PARTS}
    tied = {id(model.get_input_embeddings().weight)}
    linear = {
        name: module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and part_of(name) == LLM and id(module.weight) not in tied
    }
    head = model.lm_head.weight
    heads = config.num_attention_heads
    return Shapes(
        parameters={part: count for part, count in parameters.items() if count},
        trained={part: count for part, count in trained.items() if count},
        quantized=sum(weight.numel() for weight in linear.values()),
        matrices=sum(weight.numel() for weight in linear.values() if weight is not head),
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        vocabulary=head.shape[0],
        heads=heads * (getattr(config, "head_dim", None) or config.hidden_size // heads),
        visual=_visual(seen),
        eyes=_eyes(seen),
        sources=sources,
    )


def part_of(name: str) -> str:
    """The part that a parameter or module belongs to, by its name."""
    marks = {"lora_": ADAPTER, "vision_tower": TOWER, "ears.": EARS, "mm_projector": PROJECTOR}
    return next((part for mark, part in marks.items() if mark in name), LLM)


def build(recipe: Recipe, *, layers: int | None = None, device: str = "meta") -> tuple[Any, dict[str, str]]:
    """The model in the form in which it is trained, and where its shapes were read.

    Args:
        layers: decoder layers, where it is to have others than its own.
        device: on another than `meta` its weights are drawn at random.
    """
    from .. import register

    register()
    from llava.model import LlavaLlamaForCausalLM
    from transformers import CONFIG_MAPPING

    from ..host.decoders import known_families

    content, source = decoder_shapes(recipe.base_model or SMALL_BASE)
    kind = content["model_type"]
    if kind not in (*known_families(), "llama") or "num_hidden_layers" not in content:
        raise InputError(f"BASE_MODEL={recipe.base_model}: no memory is planned for model type {kind!r}")
    if layers is not None:
        content = {**content, "num_hidden_layers": layers, "layer_types": None}
        recipe = replace(recipe, lora_layers=None)
    config = CONFIG_MAPPING[kind].from_dict(content)
    config._attn_implementation = "sdpa"
    sources = {LLM: source}
    with torch.device(device), open(devnull, "w") as nowhere, redirect_stdout(nowhere):
        model = LlavaLlamaForCausalLM(config)
        model = _with_adapter(model, recipe) if recipe.tunes_adapter else model
        sources |= _open_eyes(model, recipe)
    _freeze(model, recipe)
    return model.train(), sources


def _with_adapter(model: Any, recipe: Recipe) -> Any:
    from llava.train.train import find_all_linear_names
    from peft import LoraConfig, get_peft_model

    from ..training.lora_targets import targets

    with targets(recipe.lora_targets or (), recipe.lora_layers or ""):
        names = find_all_linear_names(model)
    assert recipe.lora_r and recipe.lora_alpha  # by its defaults
    config = LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        target_modules=names,
        lora_dropout=DROPOUT,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _open_eyes(model: Any, recipe: Recipe) -> dict[str, str]:
    """What the host's training does to a language model, with a tower that has no weights; and ears."""
    from ..media import hearing

    base, sources = model.get_model(), {}
    with _tower(recipe) as (tower, source):
        base.vision_tower, sources[TOWER] = tower, source
        arguments = SimpleNamespace(
            vision_tower=recipe.vision_tower,
            mm_vision_select_layer=recipe.select_layer,
            mm_vision_select_feature="patch",
            pretrain_mm_mlp_adapter=None,
            mm_patch_merge_type="flat",
            mm_projector_type=recipe.projector,
        )
        base.initialize_vision_modules(arguments)
    if recipe.audio_tower:
        from transformers import WhisperConfig
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        content, sources[EARS] = shapes_of(recipe.audio_tower, "AUDIO_TOWER")
        heard = WhisperConfig.from_dict(content)
        layers, layer = heard.encoder_layers, recipe.audio_layer
        heard.encoder_layers = layers // 2 if layer is None else layer % (layers + 1)  # as the audio tower counts them
        base.ears = WhisperEncoder(heard)
        sizes = {"mm_audio_hidden_size": heard.d_model, "hidden_size": base.config.hidden_size}
        projector = hearing.build_projector(SimpleNamespace(mm_audio_projector_type=recipe.audio_projector, **sizes))
        setattr(base, hearing.NAME, projector)
    return sources


@contextmanager
def _tower(recipe: Recipe) -> Iterator[tuple[Any, str]]:
    from llava.model.multimodal_encoder.builder import build_vision_tower

    from ..registry import TOWERS
    from ..towers.efficientnet_lite import EfficientNetLiteTower

    asked = SimpleNamespace(mm_vision_select_layer=recipe.select_layer, mm_vision_select_feature="patch")
    if recipe.vision_tower in TOWERS:
        tower = build_vision_tower(SimpleNamespace(mm_vision_tower=recipe.vision_tower, **vars(asked)), delay_load=True)
        if not isinstance(tower, EfficientNetLiteTower):
            raise InputError(f"VISION_TOWER={recipe.vision_tower}: no memory is planned for a tower of another package")
        tower.vision_tower = tower.network()
        tower.is_loaded = True
        yield tower, "the package efficientnet-lite-pytorch"
        return
    with tower_folder(recipe.vision_tower) as (folder, source):
        tower = build_vision_tower(SimpleNamespace(mm_vision_tower=folder, **vars(asked)), delay_load=True)
        if hasattr(tower, "model_class"):
            tower.vision_tower = tower.model_class(tower.config)
        else:  # the host's own
            from transformers import CLIPVisionModel

            tower.vision_tower = CLIPVisionModel(tower.cfg_only)
        tower.is_loaded = True
        yield tower, source


def _freeze(model: Any, recipe: Recipe) -> None:
    if recipe.tune == "projector":
        model.requires_grad_(False)
    for name, value in model.named_parameters():
        part = part_of(name)
        value.requires_grad_(part in (PROJECTOR, ADAPTER) or (part == LLM and recipe.tune == "full"))


def _visual(base: Any) -> int:
    """Tokens of a picture that reach the language model."""
    tower = base.get_vision_tower()
    return base.mm_projector(torch.empty(1, tower.num_patches, tower.hidden_size, device="meta")).shape[1]


def _eyes(base: Any) -> tuple[int, int]:
    """Forward FLOPs of tower and projector for a picture, counted as they run."""
    tower = base.get_vision_tower()
    side = tower.config.image_size
    with FlopCounterMode(display=False) as seeing, torch.device("meta"):
        patches = tower(torch.empty(1, 3, side, side, device="meta"))
    with FlopCounterMode(display=False) as projecting:
        base.mm_projector(patches)
    return seeing.get_total_flops(), projecting.get_total_flops()
