"""Model cards: of what is known of a model, beside a checkpoint (short; peft would leave an empty form) and in an export."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file
from emobench_data.schema.tasks import DIRECT
from emobench_data.sources import all_sources

from ..towers.builders import EFFICIENTNET_LITE
from .folders import WHAT, ModelFolder, read_folder
from .notes import MINI, MINI_TITLE, gives_reasons, reasoned, sub_tasks, trained_on

CARD = "README.md"
# What stands in peft's form, and in ours.
FORM, OURS = "[More Information Needed]", "<!-- written by EmoLLM for LLaVA -->"

OPENING = "A LLaVA with the multi-perspective projector of EmoLLM for LLaVA, fine-tuned to name emotions in pictures and clips."
# Where that stands; docs/responsible-use.md says more, and gives the same addresses.
FACES = "https://doi.org/10.1177/1529100619832930"
AI_ACT = "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"
RECITAL_44 = "https://ai-act-law.eu/recital/44/"
RESPONSIBLE = f"""\
- Do not watch, judge or diagnose people with it. Ask people before you analyse their pictures, clips or voices.
- In the European Union it is forbidden to infer emotions of people at work and in education by such a system, except for
  medical or safety reasons ([Regulation (EU) 2024/1689]({AI_ACT}), Article 5(1)(f);
  why: [recital 44]({RECITAL_44})). Elsewhere emotion recognition is a high risk there (Annex III), and people must be told
  (Article 50(3))."""
HATEFUL = "- It has seen hateful words and pictures ({}), may find hate where there is none, overlook it, or repeat it."
LIMITS = f"""\
It names emotions as its training data do, often wrongly, and more often for people, places and pictures unlike those in them.
What a face shows is not what a person feels ([Barrett et al. 2019]({FACES})). Do not decide about people by it."""
USAGE = """\
Ask it with the plug-in installed, in place of CHECKPOINT this folder:

    emollm ask CHECKPOINT picture.jpg
    emollm eval CHECKPOINT --question-file questions.jsonl --image-folder images --answers-file answers.jsonl"""


def write_card(folder: Path) -> None:
    """Write the card of a checkpoint, in place of peft's form or an earlier one of ours; a user's own is left alone."""
    file, described = folder / CARD, read_folder(folder)
    known = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else OURS
    if described.config and (FORM in known or OURS in known):
        with atomic_file(file) as out:
            out.write(card(described).encode())


def card(folder: ModelFolder) -> str:
    """The text of a checkpoint's card."""
    base = folder.base if folder.kind in ("lora", "projector") else None
    return card_text(folder.config, base, USAGE, parts={"what": WHAT[folder.kind]})


def card_text(
    config: Mapping[str, Any],
    base: str | None,
    usage: str,
    *,
    parts: Mapping[str, Any],
    head: Mapping[str, Any] | None = None,
    title: str | None = None,
    sections: Mapping[str, str] | None = None,
) -> str:
    """The text of a model's card, with the metadata that model hubs read.

    Args:
        config: what LLaVA and training noted in its config.json.
        base: its base model, where that is known.
        usage: how it is asked.
        parts: what it is, beside what `config` says.
        head: more metadata, before ours.
        title: what it is called; default: by its base.
        sections: what else is known of it, by titles.
    """
    named = {"base_model": base} if base and name_of(base) == base else {}
    known = {
        "What it is": listed({**parts, **_parts(config, base)}),
        "What it was trained on": listed(_learned(config)) or "Not noted in the checkpoint.",
        **(sections or {}),
        "Limits": LIMITS,
        "Responsible use": _responsible(config),
        "Licences": listed(dict(_licences(config, base))),
    }
    metadata = {**(head or {}), "tags": ["emollm", "llava", "emotion"], **named}
    # JSON is YAML, and quotes whatever a name holds.
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in metadata.items())
    title = title or f"EmoLLM{f' ({name_of(base)})' if base else ''}"
    chapters = "\n\n".join(f"## {name}\n\n{text}" for name, text in known.items())
    return f"---\n{lines}\n---\n{OURS}\n\n# {title}\n\n{OPENING}\n\n{usage}\n\n{chapters}\n"


def _parts(config: Mapping[str, Any], base: str | None) -> dict[str, Any]:
    return {
        "base model": name_of(base),
        "vision tower": name_of(config.get("mm_vision_tower")),
        "projector": config.get("mm_projector_type"),
        "template (--conv-mode)": config.get("emollm_template"),
        "number format": config.get("dtype") or config.get("torch_dtype"),
    }


def _learned(config: Mapping[str, Any]) -> dict[str, Any]:
    if not trained_on(config):
        return {}
    tasks = (f"{task}: {', '.join(labels)}" if labels else task for task, labels in sub_tasks(config).items())
    return {
        "trained on": trained_on(config),
        "clips": {True: "yes, by their frames", False: "no"}.get(config.get("emollm_clips")),  # type: ignore[arg-type]  # or None
        "sub-tasks and labels": "; ".join(tasks),
        "gives reasons": _reasons(config),
    }


def _reasons(config: Mapping[str, Any]) -> str | None:
    """Before which answers it was trained to give reasons."""
    noted = reasoned(config) or {}
    tasks = [task for task, form in noted.items() if form != DIRECT]
    if tasks and {*sub_tasks(config)} - {*tasks}:
        return f"for {', '.join(tasks)}; for the others answers alone"
    return {True: "yes", False: "no, answers alone", None: None}[gives_reasons(config)]


def _responsible(config: Mapping[str, Any]) -> str:
    hateful = [source.title for name, source in all_sources().items() if source.hateful and name in _sources(config)]
    return "\n".join([RESPONSIBLE, *([HATEFUL.format(", ".join(hateful))] if hateful else [])])


def _sources(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What training noted of its data sets."""
    noted = config.get("emollm_training")
    return (noted.get("sources") or {}) if isinstance(noted, dict) else {}


def _licences(config: Mapping[str, Any], base: str | None) -> Iterator[tuple[str, str]]:
    """Each part with its licence, as far as it is known."""
    own = "smollm2" in str(base).lower()
    yield f"language model {name_of(base) or ''}".strip(), "Apache-2.0" if own else "see its own card"
    tower = str(name_of(config.get("mm_vision_tower")))
    yield f"vision tower {tower}", "Apache-2.0" if tower in EFFICIENTNET_LITE else "see its own card"
    yield "code of the projector and of this folder", "Apache-2.0"
    known = all_sources()
    for name in _sources(config):
        if name == MINI:
            yield MINI_TITLE, "free of licences"
        elif name in known:
            yield f"data {known[name].title}", f"{known[name].licence}, {known[name].homepage}"
        else:
            yield "own data", "not noted"


def listed(rows: Mapping[str, Any]) -> str:
    """A line for each that is known."""
    return "\n".join(f"- {name}: {' '.join(str(value).split())}" for name, value in rows.items() if value not in (None, ""))


def name_of(place: Any) -> Any:
    """A name or a hub name as it is; of a path of the training's machine the last part."""
    return Path(place).name if isinstance(place, str) and place.startswith(("/", "~", ".")) else place
