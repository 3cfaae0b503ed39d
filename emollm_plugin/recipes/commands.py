"""The command lines of a run: word alignment, the host's training, evaluation and score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emobench_data.schema.questions import Question, answer_tokens

from .devices import Devices
from .eval_commands import CLI, ask_line, score_line, words
from .host_arguments import parse, with_host_arguments
from .launchers import start_words
from .prepare import Base, Data
from .recipe import Recipe, zero_file
from .runs import Run
from .settings import OURS

TRAIN = ("emollm_plugin", "llava.train.train")
BOARD = "tensorboard"  # folder in a run's own that holds TensorBoard's files
EVAL_STEPS = 50
SOUND_CACHE = "sound-cache"  # folder below that of data sets: folds and runs of one data set share what is encoded


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
        "residual": recipe.align_residual,
        "seed": recipe.seed,
        "out": out,
    }
    if recipe.feature_cache:
        options["feature-cache"] = recipe.feature_cache
        most = parse(recipe.host_arguments).get("mm_feature_cache_gb")
        options |= {"feature-cache-gb": most[0]} if most else {}
    if recipe.audio_tower:
        options |= {"audio-tower": recipe.audio_tower, "audio-projector": recipe.audio_projector}
        options |= {"audio-layer": recipe.audio_layer} if recipe.audio_layer is not None else {}
    return [*CLI, "align", *words(options)]


def train_command(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run, port: int | None = None) -> list[str]:
    """The host's training on all devices of this machine, or of all that its launcher reaches.

    Raises:
        InputError: one of HOST_ARGUMENTS contradicts what the recipe sets.
    """
    options = with_host_arguments(train_options(recipe, base, data, devices, run), recipe.host_arguments)
    return [*start_words(recipe, devices, port), *TRAIN, *words(options), *recipe.host_arguments]


def train_options(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run) -> dict[str, Any]:
    """Arguments of the host's training, without their dashes, that follow from the recipe."""
    return {
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
        "gradient_accumulation_steps": (recipe.global_batch or 0) // (recipe.batch or 1) // devices.world,
        "learning_rate": recipe.learning_rate,
        "weight_decay": 0.0,
        _on_stack(recipe, "warmup_steps", "warmup_ratio"): recipe.warmup,
        "lr_scheduler_type": "cosine",
        "optim": recipe.optimizer,
        "logging_steps": 5,
        "disable_tqdm": True,
        "model_max_length": recipe.max_length,
        "lazy_preprocess": True,
        "report_to": recipe.report_to,
        "dataloader_num_workers": recipe.workers,
        "seed": recipe.seed,
        **_saving(recipe),
        **_held_out(recipe, data),
        **_tuning(recipe),
        **_hearing(recipe),
        **_asked_for(recipe, devices, run),
    }


def _on_stack(recipe: Recipe, current: str, classic: str) -> str:
    # The share of warm-up steps: transformers 5 reads it from --warmup_steps, 4.37 has an argument of its own. And so on.
    return current if recipe.stack == "current" else classic


def _saving(recipe: Recipe) -> dict[str, Any]:
    limit = {"save_total_limit": recipe.save_limit}
    if recipe.save_steps:
        return {"save_strategy": "steps", "save_steps": recipe.save_steps, **limit}
    if recipe.save_minutes:
        return {"save_strategy": "no", "save_minutes": recipe.save_minutes, **limit}
    return {"save_strategy": "no"}


def _held_out(recipe: Recipe, data: Data) -> dict[str, Any]:
    """Arguments for the loss on records that are not trained on."""
    if recipe.eval_strategy == "no":
        return {}
    steps = {"eval_steps": recipe.eval_steps or EVAL_STEPS} if recipe.eval_strategy == "steps" else {}
    strategy = _on_stack(recipe, "eval_strategy", "evaluation_strategy")
    held_out = {"eval_data_path": data.held_out, strategy: recipe.eval_strategy}
    return {**held_out, **steps, "per_device_eval_batch_size": recipe.batch}


def _tuning(recipe: Recipe) -> dict[str, Any]:
    if recipe.tune == "projector":
        return {"tune_mm_mlp_adapter": True}
    options: dict[str, Any] = {"mm_projector_lr": recipe.projector_lr}
    if recipe.tunes_adapter:
        options |= {"lora_enable": True, "lora_r": recipe.lora_r, "lora_alpha": recipe.lora_alpha}
        options |= {"lora_targets": ",".join(recipe.lora_targets)} if recipe.lora_targets else {}
        options |= {"lora_layers": recipe.lora_layers} if recipe.lora_layers else {}
    return options | ({"bits": 4} if recipe.tune == "qlora" else {})


def _hearing(recipe: Recipe) -> dict[str, Any]:
    """Arguments of ears, where the model is to have some."""
    if not recipe.audio_tower:
        return {}
    options: dict[str, Any] = {"mm_audio_tower": recipe.audio_tower, "mm_audio_projector_type": recipe.audio_projector}
    options |= {"mm_audio_select_layer": recipe.audio_layer} if recipe.audio_layer is not None else {}
    return options | ({"mm_video_sound": True} if recipe.sound else {})


def _asked_for(recipe: Recipe, devices: Devices, run: Run) -> dict[str, Any]:
    """Options that are left out where they are not asked for."""
    start = run.aligned if recipe.align else recipe.pretrain_projector
    trackers = recipe.report_to != ("none",)
    options = {
        "gradient_checkpointing": recipe.checkpointing or None,
        "deepspeed": zero_file(recipe.zero),
        "pretrain_mm_mlp_adapter": start,
        "resume_from_checkpoint": recipe.resume if recipe.resume_path else None,
        "frame_cache": recipe.frame_cache,
        "sound_cache": (recipe.sound_cache or recipe.data_dir / SOUND_CACHE) if recipe.audio_tower else None,
        "mm_feature_cache": recipe.feature_cache,
        "too_long": recipe.too_long,
        "faulty_media": recipe.faulty_media,
        "use_cpu": True if devices.kind == "cpu" else None,
        "run_name": run.folder.name if trackers else None,
        "logging_dir": run.folder / BOARD if trackers and recipe.stack == "classic" else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def eval_command(recipe: Recipe, base: Base, data: Data, run: Run, questions: Sequence[Question]) -> list[str]:
    """Answer the questions with the trained model; those that ask for reasons need room."""
    asked = {
        "question-file": data.questions,
        "image-folder": data.images or "",
        "answers-file": run.folder / "answers.jsonl",
        "conv-mode": base.template,
        **({"numbers": recipe.numbers} if recipe.numbers != "greedy" else {}),
    }
    named, room = None if recipe.tune == "full" else base.name, None if recipe.evaluator == OURS else answer_tokens(questions)
    return ask_line(recipe.evaluator, run.checkpoint, named, asked, room)


def results_command(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run, name: str) -> list[str]:
    """Score the answers, and keep the conditions with the score.

    Args:
        name: of the data.
    """
    files = {"questions": data.questions, "gold": data.gold, "media-root": data.images}
    kept = (
        "videos",
        "numbers",
        "stack",
        "seed",
        "tune",
        "rationale",
        "reasoned",
        "form",
        "vision_tower",
        "projector",
        *(("audio_tower", "audio_layer", "audio_projector", "sound") if recipe.audio_tower else ()),
        "epochs",
        "max_steps",
        "global_batch",
        "learning_rate",
        "projector_lr",
        "align",
        "align_residual",
    )
    values = {
        "dataset": name,
        "base": Path(base.name).name,
        "template": base.template,
        "device": devices.kind,
        "precision": devices.precision,
        **{key: getattr(recipe, key) for key in kept},
    }
    return score_line(run.folder, files, values)
