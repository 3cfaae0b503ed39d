"""EmoSet-118K: web images, eight emotions, and attributes (scene, objects, action) that rationales can be made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record, path_fault
from . import Skips, Source
from ._emoset_attributes import EXPRESSIONS, POLARITIES, TASKS, asked, names_of
from ._fields import (
    BAD_PATH,
    BAD_ROW,
    EMOTION,
    NO_LABEL,
    Stems,
    heads_hold,
    label,
    make,
    number,
    words,
)
from ._files import read_json, read_json_if_there

LABELS = ("amusement", "awe", "contentment", "excitement", "anger", "disgust", "fear", "sadness")
ATTRIBUTES = ("scene", "object", "facial_expression", "human_action", "brightness", "colorfulness")
OBJECTS_KEPT = 10
Names = Mapping[str, tuple[str, ...]]
_TABLE = {name: name for name in LABELS}


def read(root: Path, skips: Skips, tasks: Sequence[str]) -> Iterator[Record]:
    """Rows have four elements, or three where a copy leaves out the id: first, second last and last are the same."""
    annotated, items, names = (root / "annotation").is_dir(), Stems(), names_of(root)
    beyond = any(task in TASKS for task in tasks)
    for split in ("train", "val", "test"):
        if not (root / f"{split}.json").exists():
            continue
        rows = read_json(root / f"{split}.json")
        if not isinstance(rows, list):
            raise InputError(f"{root / split}.json: not a list of rows as EmoSet's split files are")
        for index, row in enumerate(rows):
            yield from _record(root, split, f"{split}.json[{index}]", row, annotated, items, names, skips, beyond)


def _record(
    root: Path, split: str, place: str, row: Any, annotated: bool, items: Stems, names: Names, skips: Skips, beyond: bool
) -> Iterator[Record]:
    if not isinstance(row, list) or not 3 <= len(row) <= 4 or not all(isinstance(cell, str) for cell in row):
        return skips.add(place, BAD_ROW)
    word, image, annotation = label(row[0], _TABLE), row[-2], row[-1]
    if not word:
        return skips.add(place, NO_LABEL)
    if path_fault(annotation):
        return skips.add(place, BAD_PATH)
    try:
        found = _annotation(f"{root}/{annotation}") if annotated else {}
    except InputError:
        return skips.add(place, "its annotation file cannot be read")
    item = items(image.rpartition("/")[2])
    known = {"source": "emoset", "item": item, "media": (Medium("image", image),), "split": split}
    made = make(skips, place, tasks=EMOTION, labels=LABELS, answer=word, attributes=_attributes(found), **known)
    if not beyond:
        yield from made
        return
    yield from (usual := list(made))
    for one in asked(item, word, found, names) if usual else ():
        yield from make(skips, place, tasks=(one.task,), labels=one.options, answer=one.answer, **known)


def _annotation(path: str) -> dict[str, Any]:
    """What stands in an image's annotation, which may be absent. Raises `InputError` if it is broken."""
    found = read_json_if_there(path)
    return found if isinstance(found, dict) else {}


def _attributes(found: Mapping[str, Any]) -> dict[str, str]:
    """EmoSet's attributes as words; each may be absent."""
    texts = {name: _text(found.get(name)) for name in ATTRIBUTES}
    return {name: text for name, text in texts.items() if text}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value[:OBJECTS_KEPT])))
    return words(value).replace("_", " ") or (str(value) if number(value) is not None and not isinstance(value, bool) else "")


SOURCE = Source(
    name="emoset",
    title="EmoSet-118K",
    homepage="https://github.com/JingyuanYY/EmoSet",
    licence="MIT for the repository; none stated for the images",
    citation="Jingyuan Yang, Qirui Huang, Tingting Ding, Dani Lischinski, Daniel Cohen-Or, Hui Huang. "
    "EmoSet: A Large-scale Visual Emotion Dataset with Rich Attributes. ICCV 2023.",
    obtain="download EmoSet-118K by the link on the homepage and unpack it, so that train.json and image/ lie in the root",
    tasks=(*EMOTION, *TASKS),
    labels={"emo_c": LABELS, "polarity": POLARITIES, "expression": EXPRESSIONS, "scene": (), "action": ()},
    expected={"train": 94_481, "val": 5_905, "test": 17_716},
    markers=("train.json", "val.json", "test.json"),
    read=read,
    chooses=True,
    own=lambda root: heads_hold(root, ("train.json", "val.json", "test.json"), "annotation/"),
)
