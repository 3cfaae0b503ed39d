"""What a model has learned from, noted in its config.json by training, for those who ask it later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emobench_data.schema.parsing import closing, conclusion, reasons
from emobench_data.schema.steps import read_steps
from emobench_data.schema.tasks import FORMS, GUIDED, STEPS, find_task
from emobench_data.schema.types import LABELS
from emobench_data.sources import all_sources

TRAINING_KEY = "emollm_training"
# What is no data set of `emobench_data.sources`: what EmoBench renders, and records whose ids name no source.
MINI, OWN = "mini", "own"
MINI_TITLE = "EmoBench-mini (rendered drawings)"
# Answers are taken for labels of a sub-task where they are no more, and none has more words.
MOST_LABELS, MOST_WORDS = 100, 4


def note_records(config: Any, data: Any) -> None:
    """Let a model's configuration say what records it is trained on, of the host's data set `data`."""
    setattr(config, TRAINING_KEY, learned_from(data.list_data_dict, Path(data.data_args.data_path).name))


def learned_from(records: Sequence[Mapping[str, Any]], data: str) -> dict[str, Any]:
    """A summary of LLaVA training records.

    Args:
        records: as LLaVA's training JSON holds them.
        data: the file's name.

    Returns:
        `data`, `records` (how many), `sources` (source -> how many), `labels` (source -> sub-task -> its labels, empty where
        answers are no labels), `reasons` (how many answers give some before they close, or are sentences) and `reasoned` (the
        sub-tasks whose answers give some -> the form that they are asked in). EmoBench's ids name source and sub-task, such as
        `emoset/1234/emo_c`; of other ids both are `own`.
    """
    counts: Counter[str] = Counter()
    answers: dict[str, dict[str, set[str]]] = {}
    explained = 0
    reasoned: dict[str, str] = {}
    for record in records:
        source, task = _named(str(record.get("id", "")))
        counts[source] += 1
        found = answers.setdefault(source, {}).setdefault(task, set())
        for answer in (turn["value"] for turn in record["conversations"] if turn.get("from") == "gpt"):
            found.add(_label(answer))
            if _explains(answer):
                explained += 1
                reasoned[task] = STEPS if read_steps(answer) else GUIDED
    labels = {
        source: {task: _labels(source, task, found) for task, found in tasks.items()} for source, tasks in answers.items()
    }
    return {
        "data": data,
        "records": len(records),
        "sources": dict(counts.most_common()),
        "labels": labels,
        "reasons": explained,
        "reasoned": reasoned,
    }


def _named(key: str) -> tuple[str, str]:
    source, task = key.partition("/")[0], key.rpartition("/")[2]
    return (source, task) if find_task(task) and (source == MINI or source in all_sources()) else (OWN, OWN)


def _label(answer: str) -> str:
    said = conclusion(answer) if "\n" in answer or ":" in answer else answer  # most are one word
    return said.strip().rstrip(".")


def _explains(answer: str) -> bool:
    """Whether an answer gives reasons before it closes, or is a sentence and no label."""
    words = answer.count(" ") + answer.count("\n")
    return words >= MOST_WORDS and (bool(closing(answer) and reasons(answer)) or len(_label(answer).split()) > 2 * MOST_WORDS)


def _labels(source: str, task: str, found: set[str]) -> list[str]:
    own = all_sources()[source].labels.get(task, ()) if source in all_sources() else ()
    if own and found <= set(own):
        return list(own)
    known = find_task(task)
    if known and known.type.family != LABELS:
        return []  # numbers, sets or free words
    short = all(0 < len(each.split()) <= MOST_WORDS for each in found)
    return sorted(found) if short and len(found) <= MOST_LABELS else []


def trained_on(config: Any) -> str | None:
    """What a model was trained on, in words, such as `EmoBench-mini (rendered drawings), 480 records`; None if unknown."""
    noted = _noted(config)
    names = ", ".join(_title(str(source), noted) for source in _mapping(noted.get("sources")))
    count = noted.get("records")
    return f"{names}, {count:,} records" if names and isinstance(count, int) else names or None


def _title(source: str, noted: Mapping[str, Any]) -> str:
    if source in all_sources():
        return all_sources()[source].title
    return {MINI: MINI_TITLE, OWN: str(noted.get("data", OWN))}.get(source, source)


def sub_tasks(config: Any) -> dict[str, list[str]]:
    """The sub-tasks that a model was trained on, each with its labels: those of the source with most records that has some."""
    noted = _noted(config)
    found: dict[str, list[str]] = {}
    for source in _mapping(noted.get("sources")):
        for task, labels in _mapping(_mapping(noted.get("labels")).get(source)).items():
            words = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
            found[task] = found.get(task) or (labels if words else [])
    return found


def gives_reasons(config: Any) -> bool | None:
    """Whether a model was trained on answers that give reasons; None where that is unknown."""
    count = _noted(config).get("reasons")
    return bool(count) if isinstance(count, int) else None


def reasoned(config: Any) -> dict[str, str] | None:
    """The sub-tasks that a model learned to give reasons for -> the form that they are asked in; None where that is unknown."""
    noted = _noted(config).get("reasoned")
    return {task: form for task, form in noted.items() if form in FORMS} if isinstance(noted, dict) else None


def _noted(config: Any) -> Mapping[str, Any]:
    """What a config, the model's or the content of a config.json, which may hold anything, says of the training."""
    return _mapping(config.get(TRAINING_KEY) if isinstance(config, Mapping) else getattr(config, TRAINING_KEY, None))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
