"""Arguments of the host's training that a recipe has no setting for: handed on as they are, where they contradict none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emobench_data.io.errors import InputError

# The host's argument -> the setting that it follows from. What a recipe sets and is not here, an argument may change.
SETTINGS = {
    "model_name_or_path": "base_model",
    "version": "template",
    "data_path": "data_path",
    "image_folder": "image_folder",
    "vision_tower": "vision_tower",
    "mm_vision_select_layer": "select_layer",
    "mm_projector_type": "projector",
    "mm_audio_tower": "audio_tower",
    "mm_audio_select_layer": "audio_layer",
    "mm_audio_projector_type": "audio_projector",
    "mm_video_sound": "sound",
    "bf16": "precision",
    "fp16": "precision",
    "use_cpu": "device",
    "no_cuda": "device",
    "output_dir": "run_dir",
    "num_train_epochs": "epochs",
    "max_steps": "max_steps",
    "per_device_train_batch_size": "batch",
    "gradient_accumulation_steps": "global_batch",
    "learning_rate": "learning_rate",
    "mm_projector_lr": "projector_lr",
    "warmup_steps": "warmup",
    "warmup_ratio": "warmup",
    "optim": "optimizer",
    "model_max_length": "max_length",
    "report_to": "report_to",
    "dataloader_num_workers": "workers",
    "seed": "seed",
    "save_strategy": "save_minutes or save_steps",
    "save_steps": "save_steps",
    "save_minutes": "save_minutes",
    "save_total_limit": "save_limit",
    "eval_data_path": "eval_data",
    "eval_strategy": "eval_strategy",
    "evaluation_strategy": "eval_strategy",
    "eval_steps": "eval_steps",
    "tune_mm_mlp_adapter": "tune",
    "lora_enable": "tune",
    "bits": "tune",
    "lora_r": "lora_r",
    "lora_alpha": "lora_alpha",
    "lora_targets": "lora_targets",
    "lora_layers": "lora_layers",
    "gradient_checkpointing": "checkpointing",
    "deepspeed": "zero",
    "pretrain_mm_mlp_adapter": "align or pretrain_projector",
    "resume_from_checkpoint": "resume",
    "frame_cache": "frame_cache",
    "sound_cache": "sound_cache",
    "mm_feature_cache": "feature_cache",
    "too_long": "too_long",
    "faulty_media": "faulty_media",
}


def parse(words: Sequence[str]) -> dict[str, list[str]]:
    """Argument -> its values, of words such as `--weight_decay 0.1` or `--weight_decay=0.1`.

    Raises:
        InputError: a word is neither.
    """
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            named = found.setdefault(name.replace("-", "_"), [])
            named += [value] if equals else []
            values = None if equals else named
        elif values is None:
            raise InputError(f"-- {word}: is no argument; what goes to the host's training begins with --name")
        else:
            values.append(word)
    return found


def with_host_arguments(options: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """`options` of the host's training without those that `words`, which follow them, give.

    Raises:
        InputError: the recipe has a setting for one of them, and sets something else.
    """
    given = parse(words)
    for name, values in given.items():
        setting = SETTINGS.get(name)
        if setting and not _same(options.get(name), values):
            shown = " ".join([f"--{name}", *values])
            raise InputError(f"{shown} behind -- contradicts the recipe, which has a setting for it: {setting}; change that")
    return {name: value for name, value in options.items() if name not in given}


def _same(ours: Any, given: Sequence[str]) -> bool:
    values = list(ours) if isinstance(ours, tuple) else [ours]
    if values in ([True], [False]) and not given:
        given = ["True"]
    return len(values) == len(given) and all(map(_equal, values, given))


def _equal(one: Any, other: str) -> bool:
    if isinstance(one, (int, float)) and not isinstance(one, bool):
        try:
            return float(one) == float(other)
        except ValueError:
            return False
    return str(one).lower() == other.lower() if isinstance(one, bool) else str(one) == other
