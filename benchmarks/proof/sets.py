"""The data sets of the protocol: which items train, and which are asked about, in a trial and in the reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from sklearn.model_selection import StratifiedGroupKFold

from emobench_data.building.splits import Held, assign_splits
from emobench_data.io.errors import InputError
from emobench_data.sources import Skips, emodb, fer2013

from ..quality.arms import BLOCK_10, BLOCK_14
from ..quality.data import CONTROL, Cell, Item, item_of, make_cell, photographs
from ..shared.rows import read_rows

READ_BEFORE = Path(__file__).parents[1] / "quality_faces.jsonl"
DRAWN = 7  # seed of what is the same for all seeds
FACES = 480
ASKED = 45  # of each class but disgust, whose validation faces have all been read
OTHERS = tuple(label for label in fer2013.LABELS if label != "disgust")
TRIAL_SEED, TRIAL_ASKED = 100, 210
FOLDS = 3
SPEAKER_FOLDS = 5

# root, seed -> items. Seeds of a trial are `TRIAL_SEED` and on; see `place_of`.
Maker = Callable[[Path, int], Cell]


class Set(NamedTuple):
    """One data set under its one recipe.

    Args:
        folder: below the data's root.
        sense: `pictures` or `voices`.
        tower, layer: the frozen encoder, and which of its layers is read.
        alignment: steps of it.
        residual: share that tokens keep then of what lies beside the labels' words.
        steps: of training; None for one pass.
        reading, trial: their items; no trial takes the first pair of rates.
        places: of trials, as many as there are choices to make: a seed takes what was chosen at `seed % places`.
    """

    name: str
    folder: str
    sense: str
    tower: str
    layer: int
    alignment: int
    residual: float
    steps: int | None
    reading: Maker
    trial: Maker | None
    places: int = 1


def _faces(root: Path, seed: int) -> Cell:
    drawn = make_cell("fer2013", root, seed=seed, fold=0, folds=1, train=FACES, test=len(fer2013.LABELS))
    return Cell(drawn.train, fresh_faces(root))


@cache
def fresh_faces(root: Path) -> list[Item]:
    """Validation faces that no earlier reading has seen, the same for all seeds.

    Raises:
        InputError: there are not so many of a class.
    """
    seen = {item for row in read_rows(READ_BEFORE) for item in row["answers"]}
    records = [record for record in fer2013.read(root, Skips()) if record.task == "emo_c" and record.split == "val"]
    drawn = []
    for label in OTHERS:
        left = sorted(record.item for record in records if record.answer == label and record.item not in seen)
        if len(left) < ASKED:
            raise InputError(f"fer2013: {len(left)} faces of {label} were never read, the protocol asks about {ASKED}")
        drawn += Random(f"{DRAWN}/{label}").sample(left, ASKED)
    asked = set(drawn)
    return [item_of(record)._replace(id=record.item, group=record.item) for record in records if record.item in asked]


def _development_faces(root: Path, seed: int) -> Cell:
    return make_cell("fer2013", root, seed=seed, fold=0, folds=1, train=FACES, test=TRIAL_ASKED, development=True)


def _photographs(data: str, root: Path, seed: int) -> Cell:
    return _cut(photographs(data, root), FOLDS, seed % FOLDS)


def _photographs_inside(data: str, root: Path, seed: int) -> Cell:
    """A fifth of the themes of a fold's training part is asked about, the others train."""
    place = seed - TRIAL_SEED
    inside = {item.id for item in _photographs(data, root, place).train}
    return _cut([pair for pair in photographs(data, root) if pair[0].id in inside], 5, 0)


def _cut(found: list[tuple[Item, str]], folds: int, fold: int) -> Cell:
    items = [item for item, _ in found]
    cut = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=DRAWN)
    parts = list(cut.split(items, [valence for _, valence in found], [item.group for item in items]))
    train, test = ([items[place] for place in part] for part in parts[fold])
    return Cell(train, test)


def _voices(root: Path, seed: int) -> Cell:
    asked = [record for record in emodb.read(root, Skips()) if record.task == "emo_c"]
    records = assign_splits(asked, held=Held(fold=seed % SPEAKER_FOLDS))
    parts = {split: [item_of(one) for one in records if one.split == split] for split in ("train", "test")}
    return Cell(parts["train"], parts["test"])


def _of_photographs(name: str) -> Set:
    def reading(root: Path, seed: int) -> Cell:
        return _photographs(name, root, seed)

    def trial(root: Path, seed: int) -> Cell:
        return _photographs_inside(name, root, seed)

    return Set(name, "oasis_pixabay", "pictures", "efficientnet_lite0", BLOCK_14, 150, 0.2, None, reading, trial, FOLDS)


SETS = {
    each.name: each
    for each in (
        Set("fer2013", "fer2013", "pictures", "efficientnet_lite0", BLOCK_10, 300, 0.2, None, _faces, _development_faces),
        _of_photographs("oasis"),
        _of_photographs(CONTROL),
        Set("emodb", "emodb", "voices", "whisper_tiny_en", 2, 300, 1.0, 40, _voices, None),
    )
}
MEASURED = ("fer2013", "oasis", "emodb")  # of which the mean is
CHOSEN_ON = {CONTROL: "oasis"}  # whose rates it takes


def place_of(data: Set, seed: int) -> int:
    """The seed of the trials whose rates a reading of this seed takes."""
    return TRIAL_SEED + seed % data.places
