"""One row a record with named columns: what Hugging Face `datasets` reads.

`load_dataset(FOLDER)` finds the splits by the head of the data card, which also fixes the columns' types. Media are
paths below the data root.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from ..schema.tasks import get_task
from .llava import Shown, neutral

SPLIT_FILES = {"train": "hf/train.jsonl", "val": "hf/validation.jsonl", "test": "hf/test.jsonl"}
COLUMNS = ("id", "source", "task", "modality", "media", "question", "answer")
LISTS = ("references", "options")


def row(shown: Shown) -> dict[str, Any]:
    """`modality` is how the medium is shown (a storyboard is an image), `media` its path, empty for text.

    Of several, kinds are joined by `+` and paths by a line break, which no path holds.
    """
    record = shown.record
    written = get_task(record.task).type.written
    return {
        "id": neutral(record.id),
        "source": record.source,
        "task": record.task,
        "modality": "+".join(one.kind for one in shown.media) or "text",
        "media": "\n".join(one.path for one in shown.media),
        "question": shown.prompt,
        "answer": neutral(written(record.answer)),
        "references": [neutral(written(answer)) for answer in record.references],
        "options": [neutral(label) for label in record.options],
    }


def card_head(splits: Iterable[str], licence: str = "other") -> str:
    """The YAML at the top of the data card, by which `load_dataset` finds `splits` and the columns' types."""
    features: list[dict[str, Any]] = [{"name": name, "dtype": "string"} for name in COLUMNS]
    features += [{"name": name, "list": "string"} for name in LISTS]
    files = [
        {"split": "validation" if split == "val" else split, "path": path}
        for split, path in SPLIT_FILES.items()
        if split in splits
    ]
    head = {
        "license": licence,
        "pretty_name": "EmoBench (rebuilt)",
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"config_name": "default", "features": features},
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n"
