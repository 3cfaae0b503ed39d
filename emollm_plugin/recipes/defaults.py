"""What is not set follows from the data set, the base model, what is tuned, and the devices: all of it here."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

from emobench_data.io.errors import InputError

from .recipe import Recipe

# These are there to be through in minutes on two cores.
QUICK = ("mini", "oasis", "fer2013")
GLOBAL_BATCH = 8
PAIRS = "hate,humor,sarcasm"
# OASIS is small: the projector alone learns enough, in few steps (benchmarks/QUALITY.md).
OASIS_ALIGN, ALIGN = 150, 300


def with_defaults(asked: Recipe, *, seeing_base: bool = False) -> Recipe:
    """`asked` with everything filled in but rates and batch, which are known once data and devices are.

    Args:
        seeing_base: whether the base model is a LLaVA checkpoint, with a projector of its own.
    """
    oasis = asked.dataset == "oasis"
    tune = asked.tune or ("projector" if oasis else "lora")
    fresh = not (asked.data_path or asked.pretrain_projector or asked.several_machines or seeing_base)
    align = _else(asked.align, (OASIS_ALIGN if oasis else ALIGN) if fresh else 0)
    rank = _else(asked.lora_r, 16)
    recipe = replace(
        asked,
        **_reasons(asked),
        tune=tune,
        align=align,
        projector=asked.projector or _projector(asked),
        lora_r=rank,
        select_layer=_else(asked.select_layer, _layer(asked)),
        lora_alpha=_else(asked.lora_alpha, 2 * rank),
        save_steps=_else(asked.save_steps, 0 if tune == "full" else 50),
    )
    return replace(recipe, beside=_else(asked.beside, 0.2 if reads_aligned(recipe) else 1.0))


def _reasons(asked: Recipe) -> dict[str, Any]:
    """What is trained and asked with reasons: of EmoBench-mini where words and picture have to be put together."""
    if asked.rationale or asked.form or asked.reasoned or asked.data_path or asked.dataset != "mini":
        return {"rationale": asked.rationale or "none", "form": asked.form or "direct"}
    return {"rationale": "all", "form": "steps", "reasoned": PAIRS}


def _else(value, default):
    return default if value is None else value


def _quick(asked: Recipe) -> bool:
    return not (asked.data_path or asked.base_model) and asked.dataset in QUICK


def _projector(asked: Recipe) -> str:
    return "multiperspective:tokens=4" if _quick(asked) else "multiperspective"


def _layer(asked: Recipe) -> int:
    if not asked.vision_tower.startswith("efficientnet"):
        return -2
    if _quick(asked) and asked.dataset == "fer2013":
        # A face is read on a finer grid (benchmarks/QUALITY.md); it ends one block earlier in the larger variants.
        return -7 if asked.vision_tower == "efficientnet_lite0" else -8
    return -3


def reads_aligned(recipe: Recipe) -> bool:
    """Whether an adapter is to read aligned pictures of real data (benchmarks/QUALITY.md)."""
    real = bool(recipe.data_path) or recipe.dataset != "mini"
    return recipe.tunes_adapter and not recipe.base_model and recipe.align != 0 and real


def with_rates(recipe: Recipe, *, seeing_base: bool = False) -> Recipe:
    """`recipe` with its learning rates, by what is trained and from where.

    With a base of one's own they are LLaVA 1.5's; the small default base takes higher ones in its short runs. Asked when it is
    known whether there was anything to align.
    """
    rates = (5e-4, 1e-3)
    if recipe.tune == "projector":
        rates = (1e-3, 1e-3)
    elif recipe.base_model:
        # A projector from nothing takes the rate at which LLaVA pretrains one.
        begun = recipe.align or recipe.pretrain_projector or seeing_base
        rates = (2e-5 if recipe.tune == "full" else 2e-4, 2e-5 if begun else 1e-3)
    elif recipe.tune == "full":
        rates = (1e-4, 2e-4)
    elif reads_aligned(recipe):
        rates = (2e-3, 2e-5)
    rate, own = _else(recipe.learning_rate, rates[0]), _else(recipe.projector_lr, rates[1])
    return replace(recipe, learning_rate=own if recipe.tune == "projector" else rate, projector_lr=own)


def with_batch(recipe: Recipe, world: int) -> Recipe:
    """`recipe` with its global batch: a multiple of BATCH on every one of `world` ranks.

    Raises:
        InputError: the one asked for is none.
    """
    step = recipe.batch * world
    batch = recipe.global_batch or -(-GLOBAL_BATCH // step) * step
    if batch % step:
        raise InputError(f"GLOBAL_BATCH={batch} is not a multiple of BATCH x ranks on all machines = {recipe.batch} x {world}")
    return replace(recipe, global_batch=batch)


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
    if (recipe.rationale or "none", recipe.form or "direct") != ("none", "direct"):
        suffix += f"-{recipe.rationale or 'none'}-{recipe.form or 'direct'}"
    if recipe.reasoned:
        suffix += f"-{recipe.reasoned.replace(',', '+')}"
    return recipe.dataset + suffix


def run_name(asked: Recipe) -> str:
    """The default run folder's name: data, model and mode, as far as they are not the default ones, and the seed."""
    plain = replace(asked, tune=None)
    parts = [data_name(asked)]
    sizes = (asked.mini_train, asked.mini_test)
    if asked.dataset == "mini" and not asked.data_path and sizes != (Recipe.mini_train, Recipe.mini_test):
        parts.append("{}-{}".format(*sizes))
    parts += [_plain(asked.base_model.rstrip("/").rpartition("/")[2])] if asked.base_model else []
    if asked.vision_tower != Recipe.vision_tower:
        parts.append(_plain(asked.vision_tower.rstrip("/").rpartition("/")[2]))
    if asked.tune and asked.tune != with_defaults(plain).tune:
        parts.append(asked.tune)
    return "-".join([*parts, f"seed{asked.seed}", *([] if asked.stack == "current" else [asked.stack])])


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "custom"
