"""What `emollm inspect` says of a model folder, and the command that evaluates it."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from .folders import WHAT, ModelFolder, find_base, read_folder, refuse_unknown
from .notes import gives_reasons, sub_tasks, trained_on
from .towers import find_audio_tower, find_tower

RESULTS = "results.json"  # beside a checkpoint of the launcher, with the files that it was evaluated with


def inspect_folder(path: Path) -> dict[str, Any]:
    """Describe a model folder, ready for JSON; `evaluate` is None where it cannot be evaluated.

    `base` and `vision_tower` are where they lie on this machine, or what the folder notes where they are not here.

    Raises:
        InputError: the folder does not exist or is no model, or a weights file in it cannot be read.
    """
    folder = read_folder(path)
    refuse_unknown(folder)
    command, obstacle = evaluation_command(folder)
    config = folder.config
    return {
        "folder": str(path),
        "kind": folder.kind,
        "what": WHAT[folder.kind],
        "complete": folder.complete,
        "faults": list(folder.faults),
        "model_type": config.get("model_type"),
        "base": _found(find_base, folder) or folder.base if folder.kind in ("lora", "projector") else None,
        "projector": config.get("mm_projector_type"),
        "projector_parameters": _projector_parameters(folder),
        "vision_tower": _found(find_tower, folder) or config.get("mm_vision_tower"),
        **_hearing(folder),
        "template": folder.template,
        "number_format": config.get("dtype") or config.get("torch_dtype"),
        "trained_on": trained_on(config),
        "sub_tasks": sub_tasks(config) or None,
        "gives_reasons": gives_reasons(config),
        "step": folder.step,
        "max_steps": folder.max_steps,
        "resumable": folder.resumable,
        "newest_checkpoint": str(folder.newest) if folder.newest else None,
        "evaluate": command,
        "obstacle": obstacle,
    }


def _hearing(folder: ModelFolder) -> dict[str, Any]:
    """What is said of a model that hears; of others nothing."""
    if not folder.config.get("mm_audio_tower"):
        return {}
    return {
        "audio_projector": folder.config.get("mm_audio_projector_type"),
        "audio_projector_parameters": _projector_parameters(folder, "mm_projector_audio."),
        "audio_tower": _found(lambda one, _: find_audio_tower(one), folder) or folder.config["mm_audio_tower"],
        "hears_clips": bool(folder.config.get("mm_video_sound")),
    }


def evaluation_command(folder: ModelFolder) -> tuple[str | None, str | None]:
    """The command line that evaluates `folder`, or None, and what stands in its way.

    Files are those that the launcher evaluated it with, if it did; words in capitals are to be filled in.
    """
    if folder.newest:  # of a `run`
        return evaluation_command(read_folder(folder.newest))
    if not folder.complete or folder.kind == "base":
        return None, "; ".join(folder.faults) or WHAT[folder.kind]
    obstacles, arguments = [], [str(folder.path.resolve())]
    for option, search, word in (("--model-base", find_base, "BASE_MODEL"), ("--vision-tower", find_tower, "VISION_TOWER")):
        try:
            search(folder, None)
        except InputError as error:
            obstacles.append(str(error))
            arguments += [option, word]
    arguments += [] if folder.template else ["--conv-mode", "TEMPLATE"]
    questions, images = _asked_before(folder.path) or ("QUESTIONS.jsonl", "IMAGES")
    arguments += ["--question-file", questions, "--image-folder", images, "--answers-file", "answers.jsonl"]
    return shlex.join(["emollm", "eval", *arguments]), "; ".join(obstacles) or None


def _found(search: Any, folder: ModelFolder) -> str | None:
    try:
        return search(folder, None)
    except InputError:
        return None


def _asked_before(path: Path) -> tuple[str, str] | None:
    """Question file and image folder of the launcher's results beside a checkpoint, where both are here."""
    try:
        files = json.loads((path / os.pardir / RESULTS).read_text(encoding="utf-8"))["files"]
        places = [(path.resolve().parent / files[name]).resolve() for name in ("questions", "media")]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (str(places[0]), str(places[1])) if all(place.exists() for place in places) else None


def _projector_parameters(folder: ModelFolder, mark: str = "mm_projector.") -> int | None:
    if not folder.complete or folder.kind == "base":
        return None
    from .load import tensors_below

    return sum(tensor.numel() for tensor in tensors_below(folder.path, mark).values())


def as_text(report: dict[str, Any]) -> str:
    """The report as lines `name: value`; what is not known is left out, the command stands last."""
    last = ("evaluate", "obstacle")
    names = [name for name in report if name not in (*last, "kind", "faults")]
    lines = [f"{name.replace('_', ' ')}: {_word(report[name])}" for name in names if report[name] is not None]
    lines += [f"fault: {fault}" for fault in report["faults"]]
    lines += [f"{name}: {report[name]}" for name in reversed(last) if report[name] is not None]
    return "\n".join(lines)


def _word(value: Any) -> str:
    if isinstance(value, dict):  # sub-tasks, with their labels
        return "; ".join(f"{task} ({', '.join(labels)})" if labels else task for task, labels in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
