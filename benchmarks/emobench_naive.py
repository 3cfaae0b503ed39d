"""The same record files as a build writes, by plain `json` and row-by-row code: what the build is compared with."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

from emobench_data.building.composition import Composition
from emobench_data.building.gather import Gathered
from emobench_data.export import vlmevalkit
from emobench_data.export.llava import neutral
from emobench_data.schema.records import SPLITS, Record
from emobench_data.schema.tasks import TASKS, YES_NO, question


def write(gathered: Gathered, composition: Composition, folder: Path) -> None:
    """Each file in a pass of its own, each record's text made anew for it; media shown as they are."""
    for name in ("hf", "vlmevalkit"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    by_split = {split: [record for record in gathered.records if record.split == split] for split in SPLITS}
    train = list(by_split["train"])
    Random(composition.shuffle).shuffle(train)
    with open(folder / "train.json", "w") as file:
        json.dump([_training(record) for record in train], file, ensure_ascii=False)
    _lines(folder / "splits.jsonl", [{"id": r.id, "split": r.split, "group": r.group} for r in gathered.records])
    _lines(folder / "hf/train.jsonl", [_row(record, training=True) for record in train])
    for split, prefix, name in (("val", "val_", "validation"), ("test", "", "test")):
        _lines(folder / f"{prefix}questions.jsonl", [_question(record) for record in by_split[split]])
        _lines(folder / f"{prefix}gold.jsonl", [_answer(record) for record in by_split[split]])
        _lines(folder / f"hf/{name}.jsonl", [_row(record, training=False) for record in by_split[split]])
    for task in TASKS:
        own = [record for record in by_split["test"] if record.task == task]
        _table(folder / vlmevalkit.task_file(task), [record for record in own if record.media[0].kind == "image"])


def _lines(path: Path, entries: list[dict[str, Any]]) -> None:
    with open(path, "w") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _training(record: Record) -> dict[str, Any]:
    return {
        "id": neutral(record.id),
        record.media[0].kind: record.media[0].path,
        "conversations": [
            {"from": "human", "value": f"<{record.media[0].kind}>\n{neutral(question(record, training=True))}"},
            {"from": "gpt", "value": neutral(record.answer)},
        ],
    }


def _question(record: Record) -> dict[str, Any]:
    text = neutral(question(record, training=False))
    entry = {"question_id": neutral(record.id), record.media[0].kind: record.media[0].path, "text": text}
    options = YES_NO if TASKS[record.task].type.name == "yes_no" else record.options
    return {**entry, "options": [neutral(label) for label in options]} if options else entry


def _answer(record: Record) -> dict[str, Any]:
    entry = {
        "question_id": neutral(record.id),
        "source": record.source,
        "task": record.task,
        "answer": neutral(record.answer),
        "references": list(map(neutral, record.references)),
        "options": list(map(neutral, record.options)),
    }
    return {**entry, "group": neutral(record.group)} if record.group else entry


def _row(record: Record, *, training: bool) -> dict[str, Any]:
    return {
        "id": neutral(record.id),
        "source": record.source,
        "task": record.task,
        "modality": record.media[0].kind,
        "media": record.media[0].path,
        "question": neutral(question(record, training=training)),
        "answer": neutral(record.answer),
        "references": list(map(neutral, record.references)),
        "options": list(map(neutral, record.options)),
    }


def _table(path: Path, records: list[Record]) -> None:
    rows = []
    for index, record in enumerate(records):
        options = dict(zip(vlmevalkit.LETTERS, vlmevalkit.choices(record)))
        answer = next((letter for letter, label in options.items() if label == record.answer), record.answer)
        asked = neutral(question(record, training=False, hint=not options))
        rows.append(
            {
                "index": index,
                "image_path": record.media[0].path,
                "question": asked,
                **options,
                "answer": answer,
                "category": record.source,
                "question_id": neutral(record.id),
            }
        )
    letters = sorted({key for row in rows for key in row if len(key) == 1})
    with open(path, "w", newline="") as file:
        head = ["index", "image_path", "question", *letters, "answer", "category", "question_id"]
        writer = csv.DictWriter(file, head, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
