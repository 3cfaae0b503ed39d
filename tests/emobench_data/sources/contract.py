"""What every data set's file is held to: on the tiny copy that its own test builds with `build(root)`."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from emobench_data.io.errors import InputError
from emobench_data.rationale.rules import by_rule
from emobench_data.schema.record_files import record_line
from emobench_data.schema.records import Record
from emobench_data.schema.tasks import get_task, question
from emobench_data.sources import Skips, all_sources, get_source

NAMES = sorted(all_sources())
MEDIA = {".jpg", ".jpeg", ".png", ".mp4", ".wav"}
every_source = pytest.mark.parametrize("name", NAMES)


def annotation(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix.lower() not in MEDIA)


def usable(name: str, root: Path) -> list[Record]:
    """Convert, admitting `InputError` only, and check what comes out."""
    skips, records = Skips(), []
    try:
        records.extend(get_source(name).records(root, skips))
    except InputError as error:
        assert "\n" not in str(error)
    check(name, records)
    for reason, places in skips.examples.items():
        assert len(places) <= 20 and reason.isprintable()
        orjson.dumps(places)
    return records


def check(name: str, records: list[Record]) -> None:
    source = get_source(name)
    for record in records:
        labels = source.labels.get(record.task, ())
        assert record.source == name and record.task in source.tasks
        # Where a data set lists none, each record has options of its own.
        assert record.options == labels or (record.task in source.labels and not labels and len(record.options) > 1)
        if get_task(record.task).type.name in ("closed", "open"):
            allowed = record.options or source.labels.get("emo_c") or source.labels["intent"]
            assert list(record.references) == [label for label in allowed if label in record.references]
        assert "\n" not in record.item and "<image>" not in question(record, training=True)
        assert "\n" not in by_rule(record)
        record_line(record)  # a value that JSON does not take raises here
    assert len({record.id for record in records}) == len(records)
    split_of: dict[str, str] = {}
    assert all(split_of.setdefault(record.item, record.split) == record.split for record in records)


TEXT = {".json", ".jsonl", ".csv", ".tsv", ".txt"}
