"""The card of an exported model: that of its checkpoint, with how transformers asks it, its recipe and its scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError

from ..checkpoints.card import CARD, card_text, listed, name_of
from ..checkpoints.folders import read_folder

# Where a run leaves the scores of the checkpoint in it.
RESULTS = "results.json"
# Which of a run's settings say how it was trained; the rest is where things lay.
RECIPE = (
    "TUNE",
    "LORA_R",
    "LORA_ALPHA",
    "ALIGN",
    "EPOCHS",
    "MAX_STEPS",
    "LEARNING_RATE",
    "PROJECTOR_LR",
    "GLOBAL_BATCH",
    "SEED",
    "PRECISION",
)

USAGE = """\
```python
from transformers import pipeline

ask = pipeline("image-text-to-text", model="{name}"{trust})  # the path of this folder, or its name on a hub
question = "Which emotion does this image show or evoke?"
content = [{{"type": "image", "image": "picture.jpg"}}, {{"type": "text", "text": question}}]
print(ask(text=[{{"role": "user", "content": content}}], max_new_tokens=64, return_full_text=False))
```

Several pictures side by side, before the question, are the frames of one clip."""


def write_card(folder: Path, checkpoint: Path, base: str | None, results: Path | None) -> None:
    """Write the card of the exported `folder`.

    Args:
        checkpoint: what was exported.
        base: the base model that it was loaded on, where it is an adapter.
        results: its results.json, or None for the one of its run.

    Raises:
        InputError: `results` is none.
    """
    config, trained = _json(folder / "config.json"), read_folder(checkpoint).config if checkpoint.is_dir() else {}
    base = base or trained.get("emollm_base")
    with atomic_file(folder / CARD) as out:
        out.write(_card(folder, config, checkpoint, base, results).encode())


def _card(folder: Path, config: dict[str, Any], checkpoint: Path, base: str | None, results: Path | None) -> str:
    trust = ", trust_remote_code=True" if "auto_map" in config else ""
    return card_text(
        {**config["llava"], "dtype": config.get("dtype")},
        base,
        USAGE.format(name=folder.name.split(".partial-")[0], trust=trust),
        parts={"tokens of a picture": config.get("image_seq_length")},
        head={"pipeline_tag": "image-text-to-text", "library_name": "transformers"},
        title=f"EmoLLM ({name_of(base) or checkpoint.name})",
        sections={
            "Recipe": listed(_recipe(checkpoint)) or "Not noted beside the checkpoint.",
            "Scores": _scores(_results(checkpoint, results)),
        },
    )


def _recipe(checkpoint: Path) -> dict[str, Any]:
    for folder in (checkpoint, checkpoint.parent, checkpoint.parent.parent):
        noted = _json(folder / "run.json").get("fingerprint")
        if isinstance(noted, dict):
            return {name: noted[name] for name in RECIPE if noted.get(name) is not None}
    return {}


def _results(checkpoint: Path, given: Path | None) -> dict[str, Any]:
    if given is not None:
        scored = _json(given)
        if not isinstance(scored.get("tasks"), dict):
            raise InputError(f"--results {given}: holds no scores; give a results.json of `emollm train` or `emollm score`")
        return scored
    # A checkpoint in mid-run lies in the run's model folder, and is not what was scored.
    scored = _json(checkpoint.parent / RESULTS)
    return scored if isinstance(scored.get("tasks"), dict) else {}


def _scores(scored: dict[str, Any]) -> str:
    if not scored:
        return "None are noted. `emollm eval` and `emollm score` measure them."
    rows = ["| sub-task | accuracy | 95 % interval | most frequent answer | questions |", "| --- | --- | --- | --- | --- |"]
    for task, found in scored["tasks"].items():
        rows.append(_row(task, found.get("accuracy"), found.get("interval"), found.get("majority"), found.get("n")))
    total = sum(found.get("n") or 0 for found in scored["tasks"].values())
    figures = (scored.get(name) for name in ("overall", "overall_interval", "overall_majority"))
    rows.append(_row("overall", *figures, total))
    strictly = "Strictly scored: an answer that is not one of a question's labels, or more than one, is wrong."
    return "\n".join(rows) + f"\n\n{strictly}"


def _row(name: str, *values: Any) -> str:
    cells = []
    for value in values:
        if isinstance(value, list):
            cells.append(" to ".join(f"{each:.3f}" for each in value))
        else:
            cells.append(f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value))
    return f"| {name} | {' | '.join(cells)} |"


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
