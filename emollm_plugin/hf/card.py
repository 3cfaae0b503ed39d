"""The card of an exported model: what it is, what it learned from, how it scores, its limits, and whose licences hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError
from emobench_data.sources import all_sources

from ..checkpoints.card import CARD, OURS, _name, _yaml
from ..checkpoints.folders import read_folder
from ..checkpoints.notes import MINI, MINI_TITLE, gives_reasons, sub_tasks, trained_on
from ..towers.builders import EFFICIENTNET_LITE

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

TEXT = """---
{head}
---
{ours}

# {title}

A LLaVA with the multi-perspective projector of EmoLLM for LLaVA, fine-tuned to name emotions in pictures and clips.

```python
from transformers import pipeline

ask = pipeline("image-text-to-text", model="{name}"{trust})
question = "Which emotion does this image show or evoke?"
content = [{{"type": "image", "image": "picture.jpg"}}, {{"type": "text", "text": question}}]
print(ask(text=[{{"role": "user", "content": content}}], max_new_tokens=64, return_full_text=False))
```

Several pictures side by side, before the question, are the frames of one clip.

## What it is

{parts}

## What it was trained on

{data}

## Recipe

{recipe}

## Scores

{scores}

## Limits

It names emotions as its training data do, often wrongly, and more often for people, places and pictures unlike those in them.
What a face shows is not what a person feels. Do not decide about people by it.

## Licences

{licences}
"""


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
    llava = config["llava"]
    scored = _results(checkpoint, results)
    named = base if base and not base.startswith((".", "/", "~")) else None
    head = {
        "pipeline_tag": "image-text-to-text",
        "library_name": "transformers",
        "tags": ["emollm", "llava", "emotion"],
        **({"base_model": named} if named else {}),
    }
    parts = {
        "language model": _name(base),
        "vision tower": llava.get("mm_vision_tower"),
        "projector": llava.get("mm_projector_type"),
        "tokens of a picture": config.get("image_seq_length"),
        "template": llava.get("emollm_template"),
        "number format": config.get("dtype"),
    }
    return TEXT.format(
        head=_yaml(head),
        ours=OURS,
        title=f"EmoLLM ({_name(base) or checkpoint.name})",
        name=folder.name.split(".partial-")[0],
        trust=", trust_remote_code=True" if "auto_map" in config else "",
        parts=_list(parts),
        data=_data(llava),
        recipe=_list(_recipe(checkpoint)) or "Not noted beside the checkpoint.",
        scores=_scores(scored),
        licences=_list(dict(_licences(llava, base))),
    )


def _data(llava: dict[str, Any]) -> str:
    tasks = sub_tasks(llava)
    rows = {
        "data": trained_on(llava),
        "clips": {True: "yes, by their frames", False: "no"}.get(llava.get("emollm_clips")),
        "reasons": {True: "yes", False: "no, answers alone"}.get(gives_reasons(llava)),
        **{task: ", ".join(labels) for task, labels in tasks.items()},
    }
    return _list(rows) if trained_on(llava) else "Not noted in the checkpoint."


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


def _licences(llava: dict[str, Any], base: str | None) -> Iterator[tuple[str, str]]:
    """Each part with its licence, as far as it is known."""
    own = "smollm2" in str(base).lower()
    yield f"language model {_name(base) or ''}".strip(), "Apache-2.0" if own else "see its own card"
    tower = str(llava.get("mm_vision_tower"))
    yield f"vision tower {tower}", "Apache-2.0" if tower in EFFICIENTNET_LITE else "see its own card"
    yield "code of the projector and of this folder", "Apache-2.0"
    known, noted = all_sources(), llava.get("emollm_training")
    for name in (noted.get("sources") or {}) if isinstance(noted, dict) else {}:
        if name == MINI:
            yield MINI_TITLE, "free of licences"
        elif name in known:
            yield f"data {known[name].title}", f"{known[name].licence}, {known[name].homepage}"
        else:
            yield "own data", "not noted"


def _list(rows: dict[str, Any]) -> str:
    return "\n".join(f"- {name}: {' '.join(str(value).split())}" for name, value in rows.items() if value not in (None, ""))


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
