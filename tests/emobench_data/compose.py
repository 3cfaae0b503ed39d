"""A made-up folder of data sets and a composition of them, for tests of the build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from emobench_data.building.composition import Composition, load_composition

from .make import write_clip, write_picture
from .sources.helpers import jsonl, put


def data_sets(root: Path, *, media: bool = False) -> Path:
    """Four data sets of every kind of label and medium: emoset, hateful_memes, intentonomy (28 options), hatemm."""
    for split, first, count in (("train", 0, 24), ("val", 24, 8), ("test", 32, 8)):
        rows = [emoset_row(first + i, ("awe", "anger", "awe")[i % 3]) for i in range(count)]
        put(root, f"emoset/{split}.json", rows)
        memes = [
            {"id": n, "img": f"img/{n:05}.png", "label": n % 2, "text": f"made up {n}"}
            for n in range(1000 + first, 1000 + first + count)
        ]
        put(root, f"hateful_memes/{'dev_seen' if split == 'val' else split}.jsonl", jsonl(*memes))
        intents = intentonomy(range(first, first + count))
        put(root, f"intentonomy/intentonomy_{split}2020.json", intents)
    clips = [f"hate_video_{n}.mp4,{'Hate' if n % 2 else 'Non Hate'},," for n in range(40)]
    put(root, "hatemm/HateMM_annotation.csv", "video_file_name,label,hate_snippet,target\n" + "\n".join(clips))
    if media:
        _media(root)
    return root


def emoset_row(n: int, label: str) -> list[str]:
    return [label, f"{label}_{n:05}", f"image/{label}/{label}_{n:05}.jpg", f"annotation/{label}/{label}_{n:05}.json"]


def intentonomy(ids: range) -> dict[str, Any]:
    from emobench_data.sources.intentonomy import INTENTS

    return {
        "categories": [{"id": index, "name": name} for index, name in enumerate(INTENTS)],
        "images": [{"id": str(n), "filename": f"low/{n}.jpg"} for n in ids],
        "annotations": [{"id": n, "image_id": str(n), "category_ids": [n % 5, 7]} for n in ids],
    }


def _media(root: Path) -> None:
    for number, (name, path) in enumerate(sorted(media_of(root).items())):
        if name.endswith(".mp4"):
            write_clip(path)
            path.write_bytes(path.read_bytes() + b"\0\0\0\x0cfree" + number.to_bytes(4, "big"))  # no two are the same
        else:
            write_picture(path, size=(64 + number % 16, 48 + number // 16))


def media_of(root: Path) -> dict[str, Path]:
    """Name below the data root -> path, of every medium that the data sets name."""
    from emobench_data.building.gather import gather

    records = gather(composition(root)).records
    return {path: root / path for record in records for path in record.paths}


def write_config(root: Path, **changes: Any) -> Path:
    """A composition of all four, as a YAML file (JSON is YAML) beside them."""
    sources = {name: {} for name in ("emoset", "hateful_memes", "intentonomy", "hatemm")}
    content = {"videos": "clips", "test": 0.2, "val": 0.2, "sources": sources} | changes
    path = root / "composition.yaml"
    path.write_bytes(orjson.dumps(content))
    return path


def composition(root: Path, **changes: Any) -> Composition:
    return load_composition(str(write_config(root, **changes)))


def contents(folder):
    """The bytes of every file below `folder`, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
