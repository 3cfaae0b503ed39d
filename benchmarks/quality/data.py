"""The questions that every arm gets: which pictures train and which are answered, for a data set, seed and fold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from sklearn.model_selection import StratifiedGroupKFold

from emobench_data.building.splits import assign_splits
from emobench_data.io.errors import InputError
from emobench_data.mini import render_mini
from emobench_data.schema.records import Record
from emobench_data.schema.tasks import question
from emobench_data.sources import Skips, fer2013, oasis

FOLDERS = {"oasis": "oasis_pixabay", "oasis_category": "oasis_pixabay", "fer2013": "fer2013", "mini": None}
CONTROL = "oasis_category"  # nothing emotional is asked
FOLDED = ("oasis", CONTROL)
CATEGORIES = ("animal", "object", "person", "scenery")
# The control is asked in the form of the others, and says nothing of emotions.
CATEGORY = f"What is the main subject of this image? Choose one of: {', '.join(CATEGORIES)}. "
CATEGORY += "Answer with that word or phrase only."
HELD_OUT = 5  # one in so many FER2013 training faces is for development
LAUNCHER_SEEDS = (0, 1, 2)  # whose test parts development never sees
MINI = (720, 216)


class Item(NamedTuple):
    """One question. `group` is what must not stand on both sides, and is drawn as a whole for intervals."""

    id: str
    image: str
    text: str
    answer: str
    options: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Cell:
    """What one training sees and what it is then asked."""

    train: list[Item]
    test: list[Item]


def make_cell(
    data: str, root: Path, *, seed: int, fold: int, folds: int, train: int, test: int, development: bool = False
) -> Cell:
    """The items of one training, the same for all arms.

    Args:
        root: the folder that the data set's pictures lie in, see `picture_root`.
        train, test: of FER2013, how many faces are drawn, the same number a class.
        development: choose settings on pictures that are never reported.
    """
    if data in FOLDED:
        return _fold(photographs(data, root, development), seed=seed, fold=fold, folds=folds)
    if data == "fer2013":
        return _faces(root, seed=seed, train=train, test=test, development=development)
    records = render_mini(root, train=MINI[0], test=MINI[1], seed=seed + (100 if development else 0))
    asked = [
        record for record in records if record.task in ("emo_c", "intent") and all(one.kind == "image" for one in record.media)
    ]
    parts = {split: [item_of(record) for record in asked if record.split == split] for split in ("train", "test")}
    return Cell(parts["train"], parts["test"])


def picture_root(data: str, root: Path, cache: Path, *, seed: int, development: bool = False) -> Path:
    """Where the pictures of a data set lie; EmoBench-mini is rendered into `cache`.

    Raises:
        InputError: the folder is not there.
    """
    if data == "mini":
        return cache / f"mini-{seed + (100 if development else 0)}"
    folder = root / FOLDERS[data]
    if not folder.is_dir():
        raise InputError(f"data set {data}: no folder {folder}; give the folder that holds it with --data-root")
    return folder


def theme(item: str) -> str:
    """`Acorns 1` -> `Acorns`."""
    return re.sub(r"[ _]*\d+$", "", item)


def group_of(data: str, item: str) -> str:
    """The group of an item by its id alone, so that a row need not hold it."""
    return theme(item) if data in FOLDED else item


def item_of(record: Record) -> Item:
    """A record as a question, in its one wording."""
    text = question(record, training=False)
    name = f"{record.item}/{record.task}" if record.source == "mini" else record.item
    return Item(name, record.paths[0], text, record.answer, record.options, record.group or name)


def oasis_test_items(records: Iterable[Record]) -> set[str]:
    """The photographs of the test parts that the launcher's seeds 0, 1 and 2 draw."""
    records = list(records)
    drawn = [assign_splits(records, seed=seed) for seed in LAUNCHER_SEEDS]
    return {record.item for each in drawn for record in each if record.split == "test"}


def photographs(data: str, root: Path, development: bool = False) -> list[tuple[Item, str]]:
    """Items and their valence, by which the folds of both tasks are balanced, so that they are the same."""
    records = list(oasis.read(root, Skips()))
    tested = oasis_test_items(records) if development else set()
    found = []
    for record in records:
        item = item_of(record)
        if data == CONTROL:
            category = record.attributes["category"].lower()
            item = item._replace(text=CATEGORY, answer=category, options=CATEGORIES)
        if record.item not in tested:
            found.append((item._replace(group=theme(item.id)), record.answer))
    return found


def _fold(photographs: list[tuple[Item, str]], *, seed: int, fold: int, folds: int) -> Cell:
    items = [item for item, _ in photographs]
    cut = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    parts = list(cut.split(items, [valence for _, valence in photographs], [item.group for item in items]))
    train, test = parts[fold]
    return Cell([items[place] for place in train], [items[place] for place in test])


def held_out(records: Iterable[Record]) -> set[str]:
    """Training faces that are for development, of FER2013's records for one sub-task."""
    pools: dict[str, list[str]] = {}
    for record in records:
        if record.split == "train":
            pools.setdefault(record.answer, []).append(record.item)
    return {face for label, faces in pools.items() for face in _shuffled(label, faces)[::HELD_OUT]}


def _shuffled(label: str, faces: list[Any]) -> list[Any]:
    faces = sorted(faces)
    Random(label).shuffle(faces)
    return faces


def _faces(root: Path, *, seed: int, train: int, test: int, development: bool) -> Cell:
    records = [record for record in fer2013.read(root, Skips()) if record.task == "emo_c"]
    held = {label: set() for label in fer2013.LABELS}
    pools: dict[str, dict[str, list[Item]]] = {split: {label: [] for label in held} for split in ("train", "val")}
    for record in records:
        pools[record.split][record.answer].append(item_of(record)._replace(id=record.item, group=record.item))
    for label, unsorted in pools["train"].items():
        faces = _shuffled(label, unsorted)
        held[label], pools["train"][label] = faces[::HELD_OUT], [f for n, f in enumerate(faces) if n % HELD_OUT]
    asked = held if development else pools["val"]
    return Cell(_balanced(pools["train"], train, seed), _balanced(asked, test, seed))


def _balanced(pools: dict[str, list[Item]], count: int, seed: int) -> list[Item]:
    each = count // len(pools)
    drawn = []
    for label, faces in sorted(pools.items()):
        if len(faces) < each:
            raise InputError(f"fer2013: {count} faces need {each} of {label}, there are {len(faces)}; ask for fewer")
        drawn += Random(f"{seed}/{label}").sample(sorted(faces), each)
    return drawn
