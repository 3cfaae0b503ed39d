"""What can be said of settings without preparing anything: whether they go together, and whether files are there."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import check_folder
from emobench_data.io.errors import InputError
from emobench_data.sources import get_source

from ..checkpoints.folders import is_complete
from .recipe import ADAPTERS, Recipe, zero_file
from .settings import OURS


def check_asked(asked: Recipe) -> None:
    """Whether settings go together that defaults would hide.

    Raises:
        InputError: they do not.
    """
    tune = asked.tune or "lora"
    for name in ("lora_r", "lora_alpha", "lora_targets", "lora_layers"):
        if getattr(asked, name) and tune not in ADAPTERS:
            value = getattr(asked, name)
            shown = ",".join(value) if isinstance(value, tuple) else value
            raise InputError(f"{name.upper()}={shown} is for TUNE=lora and qlora; now TUNE={tune}")
    if asked.save_steps and asked.save_minutes:
        raise InputError(f"SAVE_STEPS={asked.save_steps} and SAVE_MINUTES={asked.save_minutes:g} say the same; give one")
    if asked.eval_steps and asked.eval_strategy != "steps":
        raise InputError(f"EVAL_STEPS={asked.eval_steps} is for EVAL_STRATEGY=steps; now EVAL_STRATEGY={asked.eval_strategy}")
    for name in ("audio_layer", "audio_projector"):
        if getattr(asked, name) is not None and not (asked.audio_tower or asked.sound):
            raise InputError(f"{name.upper()}={getattr(asked, name)} is of no use without ears; name an AUDIO_TOWER")
    if asked.sound and asked.videos != "clips":
        raise InputError("SOUND=1 lets clips be heard, and VIDEOS=storyboards makes pictures of them; give VIDEOS=clips")
    _check_evaluator(asked)
    check_trackers(asked)
    if asked.align and asked.pretrain_projector:
        raise InputError(f"ALIGN={asked.align} makes what PRETRAIN_PROJECTOR names; give one")
    if not asked.epochs:
        raise InputError(f"EPOCHS={asked.epochs:g} trains nothing; give more than 0")
    if asked.fold is not None and asked.hold_out:
        raise InputError(f"FOLD={asked.fold} and HOLD_OUT={','.join(asked.hold_out)} both say what is tested on; give one")
    if _held_out(asked) and asked.dataset == "mini" and not asked.data_path:
        raise InputError("FOLD and HOLD_OUT are for a DATASET without splits of its own; EmoBench-mini has them")
    zero_file(asked.zero)
    if asked.feature_cache and asked.zero in ("3", "3_offload"):
        raise InputError(
            f"FEATURE_CACHE does not go with ZERO={asked.zero}, whose ranks encode together; leave it out, or take 2"
        )
    if asked.feature_cache:
        check_folder(asked.feature_cache, "FEATURE_CACHE")


def _check_evaluator(asked: Recipe) -> None:
    beyond = {"VIDEOS": asked.videos == "clips", "NUMBERS": asked.numbers != "greedy", "AUDIO_TOWER": asked.audio_tower}
    name = next((name for name, given in beyond.items() if given), None)
    if asked.evaluator != OURS and name:
        named = f"EVALUATOR={asked.evaluator} reads pictures and greedy answers"
        raise InputError(f"{named}; {name}={getattr(asked, name.lower())} needs EVALUATOR={OURS}")


def check_trackers(asked: Recipe) -> None:
    """Whether what REPORT_TO names is installed, and known to this stack.

    Raises:
        InputError: it is not.
    """
    if "none" in asked.report_to and len(asked.report_to) > 1:
        raise InputError(f"REPORT_TO={','.join(asked.report_to)}: none stands alone; take it out")
    for name in asked.report_to:
        if name == "trackio" and asked.stack == "classic":
            raise InputError("REPORT_TO=trackio: transformers 4.37 does not know it; use STACK=current, or tensorboard")
        if name != "none" and find_spec(name) is None:
            raise InputError(f"REPORT_TO={name}: the package {name} is not installed; `pip install {name}` in this environment")


def _held_out(recipe: Recipe) -> bool:
    return recipe.fold is not None or bool(recipe.hold_out)


def check_files(recipe: Recipe) -> None:
    """Whether the files and folders that the settings name are there.

    Raises:
        InputError: one is not.
    """
    if recipe.data_path:
        _own_data(recipe)
    elif recipe.dataset != "mini":
        _data_set(recipe)
    if recipe.pretrain_projector and not recipe.pretrain_projector.is_file():
        raise InputError(f"PRETRAIN_PROJECTOR={recipe.pretrain_projector} is no file; give an mm_projector.bin")
    if recipe.resume_path and not is_complete(recipe.resume_path):
        raise InputError(f"RESUME={recipe.resume} is no complete checkpoint; give auto, never, or a checkpoint-N of a run")
    if recipe.eval_data and not recipe.eval_data.is_file():
        raise InputError(f"EVAL_DATA={recipe.eval_data} is no file; give records as in DATA_PATH")
    if recipe.eval_data and recipe.eval_strategy == "no":
        raise InputError(f"EVAL_DATA={recipe.eval_data} is looked at with EVAL_STRATEGY=epoch or steps; now EVAL_STRATEGY=no")
    if recipe.run_dir:
        check_writable("RUN_DIR", recipe.run_dir)


def _data_set(recipe: Recipe) -> None:
    get_source(recipe.dataset)  # an unknown one is said first
    if not (recipe.data_root and recipe.data_root.is_dir()):
        fault = f"DATA_ROOT={recipe.data_root} is no folder" if recipe.data_root else "no DATA_ROOT is given"
        way_out = f"`python -m emobench_data sources` says where to get {recipe.dataset}"
        raise InputError(f"{fault}; DATASET={recipe.dataset} needs DATA_ROOT, the folder of your copy ({way_out})")


def _own_data(recipe: Recipe) -> None:
    if recipe.data_path is None or not recipe.data_path.is_file():
        raise InputError(f"DATA_PATH={recipe.data_path} does not exist, or is no file")
    if recipe.image_folder and not recipe.image_folder.is_dir():
        raise InputError(f"IMAGE_FOLDER={recipe.image_folder} is no folder")
    if (recipe.rationale, recipe.form) != ("none", "direct") or recipe.reasoned or recipe.tasks or _held_out(recipe):
        ours = "TASKS, FOLD, HOLD_OUT, RATIONALE, FORM and REASONED"
        raise InputError(f"{ours} are for a DATASET; DATA_PATH is taken as it is")
    if recipe.eval_strategy != "no" and not recipe.eval_data:
        raise InputError(f"EVAL_STRATEGY={recipe.eval_strategy} needs EVAL_DATA beside DATA_PATH, records not trained on")
    if recipe.questions and not recipe.questions.is_file():
        raise InputError(f"QUESTIONS={recipe.questions} is no file")
    if recipe.questions and not (recipe.gold and recipe.gold.is_file()):
        raise InputError(f"QUESTIONS is set, GOLD={recipe.gold or ''} is not a file; both are needed to score")


def check_writable(name: str, folder: Path) -> None:
    """Raise `InputError` if the folder that the setting `name` names can be neither made nor written to."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputError(f"{name}={folder} is no folder that can be made or written to; name another")


def check_machines(recipe: Recipe) -> None:
    """Whether the settings for several machines go together.

    Raises:
        InputError: they do not.
    """
    if recipe.hostfile and not recipe.hostfile.is_file():
        raise InputError(f"HOSTFILE={recipe.hostfile} does not exist")
    if recipe.several_machines and recipe.align:
        raise InputError(
            f"ALIGN={recipe.align} is for one machine: run `emollm align` with --layer {recipe.select_layer} --residual "
            f"{recipe.align_residual:g} on one, and name a PRETRAIN_PROJECTOR that all reach"
        )
    if recipe.hostfile and recipe.nodes > 1:
        raise InputError("HOSTFILE and NODES are two ways to say the same; give one")
    if recipe.nodes > 1 and recipe.launcher != "srun":
        if not recipe.master_addr:
            raise InputError(f"NODES={recipe.nodes} needs a number and MASTER_ADDR")
        if recipe.node_rank is None or recipe.node_rank >= recipe.nodes:
            raise InputError(f"NODE_RANK={_shown(recipe.node_rank)} is not in 0..{recipe.nodes - 1}")


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
