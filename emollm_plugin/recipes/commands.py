"""The command lines of a run: word alignment, the host's training, evaluation and score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from .devices import Devices, start_words
from .prepare import Base, Data
from .recipe import Recipe, zero_file
from .runs import Run

LOADER = "llava.eval.model_vqa_loader"
OWN = "emollm eval"
CLI = [sys.executable, "-m", "emollm_plugin.cli"]


def align_command(recipe: Recipe, base: Base, data: Data, out: Path) -> list[str]:
    """Word alignment, which writes `out`."""
    options = {
        "data": data.train,
        "images": data.images or "",
        "base": base.name,
        "tower": recipe.vision_tower,
        "layer": recipe.select_layer,
        "projector": recipe.projector,
        "steps": recipe.align,
        "beside": recipe.beside,
        "seed": recipe.seed,
        "out": out,
    }
    return [*CLI, "align", *_words(options)]


def train_command(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run, port: int | None = None) -> list[str]:
    """The host's training on all devices of this machine."""
    assert recipe.global_batch is not None  # the rates have been filled in
    options = {
        "model_name_or_path": base.name,
        "version": base.template,
        "data_path": data.train,
        "image_folder": data.images or "",
        "vision_tower": recipe.vision_tower,
        "mm_vision_select_layer": recipe.select_layer,
        "mm_projector_type": recipe.projector,
        "mm_use_im_start_end": False,
        "mm_use_im_patch_token": False,
        "image_aspect_ratio": "pad",
        "bf16": devices.precision == "bf16",
        "output_dir": run.checkpoint,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.max_steps,
        "per_device_train_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.global_batch // recipe.batch // devices.world,
        "learning_rate": recipe.learning_rate,
        "weight_decay": 0.0,
        _warmup(recipe): 0.03,
        "lr_scheduler_type": "cosine",
        "logging_steps": 5,
        "disable_tqdm": True,
        "model_max_length": recipe.max_length,
        "lazy_preprocess": True,
        "report_to": "none",
        "dataloader_num_workers": 1,
        "seed": recipe.seed,
        **_saving(recipe),
        **_tuning(recipe),
        **_asked_for(recipe, devices, run),
    }
    return [*start_words(recipe, devices, port), "emollm_plugin", "llava.train.train", *_words(options)]


def _warmup(recipe: Recipe) -> str:
    # The share of warm-up steps: transformers 5 reads it from --warmup_steps, 4.37 has an argument of its own.
    return "warmup_steps" if recipe.stack == "current" else "warmup_ratio"


def _saving(recipe: Recipe) -> dict[str, Any]:
    if not recipe.save_steps:
        return {"save_strategy": "no"}
    return {"save_strategy": "steps", "save_steps": recipe.save_steps, "save_total_limit": 2}


def _tuning(recipe: Recipe) -> dict[str, Any]:
    if recipe.tune == "projector":
        return {"tune_mm_mlp_adapter": True}
    options: dict[str, Any] = {"mm_projector_lr": recipe.projector_lr}
    if recipe.tunes_adapter:
        options |= {"lora_enable": True, "lora_r": recipe.lora_r, "lora_alpha": recipe.lora_alpha}
    return options | ({"bits": 4} if recipe.tune == "qlora" else {})


def _asked_for(recipe: Recipe, devices: Devices, run: Run) -> dict[str, Any]:
    """Options that are left out where they are not asked for."""
    start = run.aligned if recipe.align else recipe.pretrain_projector
    options = {
        "gradient_checkpointing": recipe.checkpointing or None,
        "deepspeed": zero_file(recipe.zero),
        "pretrain_mm_mlp_adapter": start,
        "frame_cache": recipe.frame_cache,
        "too_long": recipe.too_long,
        "faulty_media": recipe.faulty_media,
        "use_cpu": True if devices.kind == "cpu" else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def evaluator(recipe: Recipe) -> str:
    """LLaVA's own script, which reads no clips, or ours."""
    return OWN if recipe.videos == "clips" else LOADER


def eval_command(recipe: Recipe, base: Base, data: Data, run: Run, *, guided: bool) -> list[str]:
    """Answer the questions with the trained model.

    Args:
        guided: whether they ask for reasons, which need room.
    """
    options = {
        **({} if recipe.tune == "full" else {"model-base": base.name}),
        "question-file": data.questions,
        "image-folder": data.images or "",
        "answers-file": run.folder / "answers.jsonl",
        "conv-mode": base.template,
    }
    if evaluator(recipe) == OWN:
        return [*CLI, "eval", str(run.checkpoint), *_words(options)]
    how = {"temperature": 0, "max_new_tokens": 192 if guided else 16}
    return [sys.executable, "-m", "emollm_plugin", LOADER, "--model-path", str(run.checkpoint), *_words({**options, **how})]


def results_command(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run, name: str) -> list[str]:
    """Score the answers, and keep the conditions with the score.

    Args:
        name: of the data.
    """
    files = {"questions": data.questions, "gold": data.gold, **({"media-root": data.images} if data.images else {})}
    kept = (
        "videos",
        "stack",
        "seed",
        "tune",
        "rationale",
        "reasoned",
        "form",
        "vision_tower",
        "projector",
        "epochs",
        "max_steps",
        "global_batch",
        "learning_rate",
        "projector_lr",
        "align",
        "beside",
    )
    values = {
        "dataset": name,
        "base": Path(base.name).name,
        "template": base.template,
        "device": devices.kind,
        "precision": devices.precision,
        **{key: getattr(recipe, key) for key in kept},
    }
    settings = [word for key, value in values.items() for word in ("--set", f"{key}={_word(value)}")]
    return [*CLI, "results", str(run.folder), *_words(files), *settings]


def _words(options: dict[str, Any]) -> list[str]:
    return [word for name, value in options.items() for word in (f"--{name}", _word(value))]


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
