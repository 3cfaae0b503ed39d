"""What `emollm inspect` says of a model folder, and the command that evaluates it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from emobench_data.errors import InputError

from .folders import WHAT, ModelFolder, find_base, read_folder


def inspect_folder(path: Path) -> dict[str, Any]:
    """Describe a model folder, ready for JSON; `evaluate` is None where it cannot be evaluated.

    Raises:
        InputError: the folder does not exist, or a weights file in it cannot be read.
    """
    folder = read_folder(path)
    command, obstacle = evaluation_command(folder)
    config = folder.config
    return {
        "folder": str(path),
        "kind": folder.kind,
        "what": WHAT[folder.kind],
        "complete": folder.complete,
        "faults": list(folder.faults),
        "model_type": config.get("model_type"),
        "base": folder.base if folder.kind in ("lora", "projector") else None,
        "projector": config.get("mm_projector_type"),
        "projector_parameters": _projector_parameters(folder),
        "vision_tower": config.get("mm_vision_tower"),
        "template": folder.template,
        "step": folder.step,
        "max_steps": folder.max_steps,
        "resumable": folder.resumable,
        "newest_checkpoint": str(folder.newest) if folder.newest else None,
        "evaluate": command,
        "obstacle": obstacle,
    }


def evaluation_command(folder: ModelFolder) -> tuple[str | None, str | None]:
    """The command line that evaluates `folder`, or None and why there is none."""
    if folder.kind == "run":
        return evaluation_command(read_folder(folder.newest))
    if not folder.complete or folder.kind == "base":
        return None, "; ".join(folder.faults) or WHAT[folder.kind]
    try:
        base, obstacle = find_base(folder, None), None
    except InputError as error:
        base, obstacle = "BASE_MODEL", str(error)
    arguments = ["--model-path", str(folder.path.resolve()), *(["--model-base", base] if base else [])]
    arguments += ["--question-file", "questions.jsonl", "--image-folder", "images", "--answers-file", "./answers.jsonl"]
    arguments += ["--conv-mode", folder.template or "TEMPLATE", "--temperature", "0", "--max_new_tokens", "16"]
    return shlex.join(["python", "-m", "emollm_plugin", "llava.eval.model_vqa_loader", *arguments]), obstacle


def _projector_parameters(folder: ModelFolder) -> int | None:
    if not folder.complete or folder.kind == "base":
        return None
    from .checkpoint import projector_tensors

    return sum(tensor.numel() for tensor in projector_tensors(folder.path).values())


def as_text(report: dict[str, Any]) -> str:
    """The report as lines `name: value`; what is not known is left out, the command stands last."""
    last = ("evaluate", "obstacle")
    names = [name for name in report if name not in (*last, "kind", "faults")]
    lines = [f"{name.replace('_', ' ')}: {_word(report[name])}" for name in names if report[name] is not None]
    lines += [f"fault: {fault}" for fault in report["faults"]]
    lines += [f"{name}: {report[name]}" for name in reversed(last) if report[name] is not None]
    return "\n".join(lines)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
