"""LLaVA's training records as rows of messages with pictures, which TRL and its like take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

PLACEHOLDER = "<image>"


def rows(data: Path, images: Path) -> Iterator[dict[str, Any]]:
    """Each record with one picture and one answer: `images`, and `prompt` and `completion` as messages."""
    for record in json.loads(data.read_text(encoding="utf-8")):
        turns = record["conversations"]
        if "image" not in record or len(turns) != 2:
            continue
        text = turns[0]["value"].replace(PLACEHOLDER, "").strip()
        with Image.open(images / record["image"]) as opened:
            picture = opened.convert("RGB")
        yield {
            "images": [picture],
            "prompt": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}],
            "completion": [{"role": "assistant", "content": [{"type": "text", "text": turns[1]["value"]}]}],
        }


def asked(data: Path, images: Path) -> Iterator[dict[str, Any]]:
    """The same for rewards: `prompt`, the right `answer`, and `options`, all answers of the file."""
    found = list(rows(data, images))
    options = sorted({row["completion"][0]["content"][0]["text"] for row in found})
    for row in found:
        right = row["completion"][0]["content"][0]["text"]
        yield {"images": row["images"], "prompt": row["prompt"], "answer": right, "options": options}
