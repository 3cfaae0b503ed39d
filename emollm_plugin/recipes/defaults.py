"""What is not set follows from the data set, the base model, what is tuned, and the devices: all of it here."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from emobench_data.io.errors import InputError

from .layers import usual_reasons, usual_tuning
from .recipe import ADAPTERS, Recipe
from .settings import SIXTEENTH

GLOBAL_BATCH = BATCH = 8
ALIGN = 300
SAVE_MINUTES = 30.0
AUDIO_TOWER, AUDIO_PROJECTOR = "whisper_tiny_en", "multiperspective:tokens=16"


def with_defaults(asked: Recipe, *, seeing_base: bool = False) -> Recipe:
    """`asked` with everything filled in but rates and batch, which are known once data and devices are.

    Args:
        seeing_base: whether the base model is a LLaVA checkpoint, with a projector of its own.
    """
    tune = asked.tune or "lora"
    fresh = not (asked.data_path or asked.pretrain_projector or asked.several_machines or seeing_base)
    rank = _else(asked.lora_r, 16) if tune in ADAPTERS else None
    recipe = replace(
        asked,
        tune=tune,
        align=_else(asked.align, ALIGN if fresh else 0),
        projector=asked.projector or "multiperspective",
        lora_r=rank,
        lora_alpha=_else(asked.lora_alpha, rank and 2 * rank),
        select_layer=_layer(asked),
        # On a CPU PyTorch's fused AdamW is as fast as DeepSpeed's own, and needs no compiler.
        optimizer=asked.optimizer or ("adamw_torch_fused" if _steps_on_cpu(asked) else "adamw_torch"),
        audio_tower=asked.audio_tower or (AUDIO_TOWER if asked.sound else None),
    )
    if recipe.audio_tower:
        recipe = replace(recipe, audio_projector=asked.audio_projector or AUDIO_PROJECTOR)
    recipe = _with_saves(recipe)
    return replace(recipe, align_residual=_else(asked.align_residual, 0.2 if reads_aligned(recipe) else 1.0))


def _steps_on_cpu(recipe: Recipe) -> bool:
    return recipe.zero == "3_offload" and recipe.stack == "current"


def _with_saves(recipe: Recipe) -> Recipe:
    """Checkpoints by steps where these are asked for, else by time; a fully tuned model's are large, and asked for."""
    if recipe.save_steps is not None:
        return replace(recipe, save_minutes=0.0)
    return replace(
        recipe, save_steps=0, save_minutes=_else(recipe.save_minutes, 0.0 if recipe.tune == "full" else SAVE_MINUTES)
    )


def _else(value, default):
    return default if value is None else value


def _layer(asked: Recipe) -> int:
    if not asked.vision_tower.startswith("efficientnet"):
        # A transformer has one grid for all its layers.
        return asked.select_layer if isinstance(asked.select_layer, int) else -2
    if asked.select_layer == SIXTEENTH:
        # The last layer with the grid of a sixteenth of the side; it ends one block earlier in the larger variants.
        return -7 if asked.vision_tower == "efficientnet_lite0" else -8
    return asked.select_layer if isinstance(asked.select_layer, int) else -3


def reads_aligned(recipe: Recipe) -> bool:
    """Whether an adapter is to read aligned pictures of real data (benchmarks/QUALITY.md)."""
    real = bool(recipe.data_path) or recipe.dataset != "mini"
    return recipe.tunes_adapter and not recipe.base_model and recipe.align != 0 and real


def with_rates(recipe: Recipe, *, begun: bool = False) -> Recipe:
    """`recipe` with its learning rates, by what is trained and from where.

    With a base of one's own they are LLaVA 1.5's; the small default base takes higher ones in its short runs. Asked when it is
    known whether there was anything to align.

    Args:
        begun: whether the projector is gone on from that of the base model.
    """
    rates = (5e-4, 1e-3)
    if recipe.tune == "projector":
        rates = (1e-3, 1e-3)
    elif recipe.base_model:
        # A projector from nothing takes the rate at which LLaVA pretrains one.
        trained = begun or recipe.align or recipe.pretrain_projector
        rates = (2e-5 if recipe.tune == "full" else 2e-4, 2e-5 if trained else 1e-3)
    elif recipe.tune == "full":
        rates = (1e-4, 2e-4)
    elif reads_aligned(recipe):
        rates = (2e-3, 2e-5)
    rate, own = _else(recipe.learning_rate, rates[0]), _else(recipe.projector_lr, rates[1])
    return replace(recipe, learning_rate=own if recipe.tune == "projector" else rate, projector_lr=own)


def with_batch(recipe: Recipe, world: int) -> Recipe:
    """`recipe` with its global batch, of which each of `world` ranks takes a multiple of BATCH.

    Where only a GLOBAL_BATCH is given, BATCH is the largest from 8 down that divides a rank's share of it.

    Raises:
        InputError: the ranks cannot share it.
    """
    if not recipe.global_batch:
        batch = recipe.batch or BATCH
        step = batch * world
        return replace(recipe, batch=batch, global_batch=-(-GLOBAL_BATCH // step) * step)
    step = (recipe.batch or 1) * world
    share, rest = divmod(recipe.global_batch, step)
    if rest:
        shared = f"BATCH x ranks on all machines = {recipe.batch} x {world}" if recipe.batch else f"the ranks, {world}"
        near = max(share * step, step)
        raise InputError(f"GLOBAL_BATCH={recipe.global_batch} is not a multiple of {shared}; give {near} or {near + step}")
    return replace(recipe, batch=recipe.batch or next(size for size in range(BATCH, 0, -1) if share % size == 0))


def default_precision(device: str) -> str:
    """bf16 on a GPU. On a CPU fp32, in which a step takes about half the time even where bfloat16 has kernels."""
    forced = os.environ.get("EMOLLM_CPU_DTYPE", "float32")
    return "bf16" if device == "cuda" or forced == "bfloat16" else "fp32"


def data_name(recipe: Recipe) -> str:
    """What the data are called in folders: those of a data set by what is written, one's own by folder and file."""
    if recipe.data_path:
        file = recipe.data_path.resolve()
        return _plain(f"{file.parent.name}-{file.stem}")
    suffix = "" if recipe.videos == "storyboards" else f"-{recipe.videos}"
    if recipe.tasks:
        suffix += "-".join(["", *recipe.tasks])
    suffix += "" if recipe.fold is None else f"-fold{recipe.fold}"
    suffix += "-".join(["-without", *recipe.hold_out]) if recipe.hold_out else ""
    if (recipe.rationale, recipe.form, recipe.reasoned) != usual_reasons(recipe.dataset):
        suffix += "-".join(["", recipe.rationale, recipe.form, *(recipe.reasoned or ())])
    return recipe.dataset + suffix


def run_name(asked: Recipe) -> str:
    """The default run folder's name: data, model and mode, as far as they are not the default ones, and the seed."""
    parts = [data_name(asked)]
    sizes = (asked.mini_train, asked.mini_test)
    if asked.dataset == "mini" and not asked.data_path and sizes != (Recipe.mini_train, Recipe.mini_test):
        parts.append("{}-{}".format(*sizes))
    parts += [_plain(asked.base_model.rstrip("/").rpartition("/")[2])] if asked.base_model else []
    if asked.vision_tower != Recipe.vision_tower:
        parts.append(_plain(asked.vision_tower.rstrip("/").rpartition("/")[2]))
    if asked.tune and asked.tune != usual_tuning(asked.dataset):
        parts.append(asked.tune)
    return "-".join([*parts, f"seed{asked.seed}", *([] if asked.stack == "current" else [asked.stack])])


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "custom"
