"""What a model has learned from, noted in its config.json by training, for those who ask it later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emobench_data.export.learned import MINI, OWN, counted_before, learned_from
from emobench_data.io.shards import ShardedRecords
from emobench_data.schema.tasks import FORMS
from emobench_data.sources import all_sources

TRAINING_KEY = "emollm_training"
MINI_TITLE = "EmoBench-mini (rendered drawings)"


def note_records(config: Any, data: Any) -> None:
    """Let a model's configuration say what records it is trained on, of the host's data set `data`."""
    records, name = data.list_data_dict, Path(data.data_args.data_path).name
    sharded = isinstance(records, ShardedRecords)
    setattr(config, TRAINING_KEY, counted_before(records.content["learned"], name) if sharded else learned_from(records, name))


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
