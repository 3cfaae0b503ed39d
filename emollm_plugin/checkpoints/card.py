"""The model card beside a checkpoint: short, and of what is known; peft would leave an empty form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file

from .folders import WHAT, ModelFolder, read_folder
from .notes import gives_reasons, sub_tasks, trained_on

CARD = "README.md"
# What stands in peft's form, and in ours.
FORM, OURS = "[More Information Needed]", "<!-- written by EmoLLM for LLaVA -->"


def write_card(folder: Path) -> None:
    """Write the card of a checkpoint, in place of peft's form or an earlier one of ours; a user's own is left alone."""
    file, described = folder / CARD, read_folder(folder)
    known = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else OURS
    if described.config and (FORM in known or OURS in known):
        with atomic_file(file) as out:
            out.write(card(described).encode())


def card(folder: ModelFolder) -> str:
    """The text of a checkpoint's card, with the metadata that model hubs read."""
    config = folder.config
    base = folder.base if folder.kind in ("lora", "projector") else None
    reasons = {True: "yes", False: "no, answers alone", None: None}[gives_reasons(config)]
    tasks = "; ".join(f"{task}: {', '.join(labels)}" if labels else task for task, labels in sub_tasks(config).items())
    rows = {
        "what": WHAT[folder.kind],
        "base model": _name(base),
        "vision tower": _name(config.get("mm_vision_tower")),
        "projector": config.get("mm_projector_type"),
        "template (--conv-mode)": folder.template,
        "number format": config.get("dtype") or config.get("torch_dtype"),
        "trained on": trained_on(config),
        "sub-tasks and labels": tasks,
        "gives reasons": reasons,
    }
    table = "\n".join(f"- {name}: {_plain(value)}" for name, value in rows.items() if value)
    head = {"tags": ["emollm", "llava"], **({"base_model": base} if base and not base.startswith((".", "/")) else {})}
    return CARD_TEXT.format(head=_yaml(head), ours=OURS, table=table)


CARD_TEXT = """---
{head}
---
{ours}

# An EmoLLM for LLaVA

{table}

It names emotions as its training data do, often wrongly. Ask it with the plug-in installed, in place of CHECKPOINT this folder:

    emollm ask CHECKPOINT picture.jpg
    emollm eval CHECKPOINT --question-file questions.jsonl --image-folder images --answers-file answers.jsonl

What it may be used for follows from the licences of its base model, its vision tower and its data.
"""


def _name(place: Any) -> Any:
    """A name or a hub name as it is; of a path of the training's machine the last part."""
    return Path(place).name if isinstance(place, str) and place.startswith(("/", "~", ".")) else place


def _plain(value: Any) -> str:
    return " ".join(str(value).split())


def _yaml(values: dict[str, Any]) -> str:
    # JSON is YAML, and quotes whatever a name holds.
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in values.items())
