"""The data sets of the protocol: which items train, and which are asked about, in a trial and in the reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from sklearn.model_selection import StratifiedGroupKFold

from emobench_data.building.splits import Held, assign_splits
from emobench_data.io.errors import InputError
from emobench_data.sources import Skips, emodb, fer2013

from ..quality.arms import BLOCK_10, BLOCK_14, layer_of
from ..quality.data import CONTROL, Cell, Item, held_out, item_of, make_cell, photographs
from ..shared.rows import read_rows

READ_BEFORE = Path(__file__).parents[1] / "quality_faces.jsonl"
DRAWN = 7  # seed of what is the same for all seeds
FACES, MORE_FACES, MOST_FACES = 480, 1890, 5111  # the last of the learning curve: all but development's
ASKED = 45  # of each class but disgust, whose validation faces have all been read
OTHERS = tuple(label for label in fer2013.LABELS if label != "disgust")
TRIAL_SEED, TRIAL_ASKED = 100, 210
FOLDS = 3
SPEAKER_FOLDS = 5
OTHER_TOWERS = ("efficientnet_lite1", "efficientnet_lite2")

# root, seed -> items. Seeds of a trial are `TRIAL_SEED` and on; see `place_of`.
Maker = Callable[[Path, int], Cell]


class Set(NamedTuple):
    """One data set under its one recipe.

    Args:
        family: the data set, of which there are several by encoder and by how many items train.
        folder: below the data's root.
        sense: `pictures` or `voices`.
        tower, layer: the frozen encoder, and which of its layers is read.
        alignment: steps of it.
        residual: share that tokens keep then of what lies beside the labels' words.
        steps: of training; None for one pass.
        reading, trial: their items; no trial takes the first pair of rates.
        places: of trials, as many as there are choices to make: a seed takes what was chosen at `seed % places`.
        chosen_on: the set whose trials choose its rates, where these are not its own.
        whole: it is of the whole form alone.
    """

    name: str
    family: str
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
    chosen_on: str = ""
    whole: bool = False


def _faces(root: Path, seed: int) -> Cell:
    return Cell(_drawn_faces(root, seed, FACES), fresh_faces(root))


def _more_faces(root: Path, seed: int) -> Cell:
    return Cell(_drawn_faces(root, seed, MORE_FACES), fresh_faces(root))


def _all_faces(root: Path, _: int) -> Cell:
    """All that development leaves, not the same number a class."""
    records = [one for one in fer2013.read(root, Skips()) if one.task == "emo_c" and one.split == "train"]
    held = held_out(records)
    kept = [item_of(one)._replace(id=one.item, group=one.item) for one in records if one.item not in held]
    return Cell(kept, fresh_faces(root))


def _drawn_faces(root: Path, seed: int, count: int) -> list[Item]:
    return make_cell("fer2013", root, seed=seed, fold=0, folds=1, train=count, test=len(fer2013.LABELS)).train


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

    chosen_on = "oasis" if name == CONTROL else ""
    lite0 = ("oasis_pixabay", "pictures", "efficientnet_lite0", BLOCK_14, 150, 0.2, None)
    return Set(name, name, *lite0, reading, trial, FOLDS, chosen_on)


def _with_towers(data: Set) -> Iterator[Set]:
    """The set with Lite0, and with the other encoders at the same place of each."""
    yield data
    for tower in OTHER_TOWERS:
        named = f"{data.name}, {tower.removeprefix('efficientnet_')}"
        yield data._replace(name=named, tower=tower, layer=layer_of(data, tower), whole=True)


_FACES = Set(
    "fer2013", "fer2013", "fer2013", "pictures", "efficientnet_lite0", BLOCK_10, 300, 0.2, None, _faces, _development_faces
)
_CURVE = {MORE_FACES: _more_faces, MOST_FACES: _all_faces}
SETS = {
    each.name: each
    for each in (
        *_with_towers(_FACES),
        # As many looks at each face.
        *(
            _FACES._replace(
                name=f"fer2013, {count} faces", alignment=300 * count // FACES, reading=reading, chosen_on="fer2013", whole=True
            )
            for count, reading in _CURVE.items()
        ),
        *_with_towers(_of_photographs("oasis")),
        _of_photographs(CONTROL),
        Set("emodb", "emodb", "emodb", "voices", "whisper_tiny_en", 2, 300, 1.0, 40, _voices, None),
    )
}
CURVE = {"fer2013": FACES, **{f"fer2013, {count} faces": count for count in _CURVE}}  # set -> faces that train, about
# Of which the mean is, each by the mean over its encoders.
MEASURED = {
    family: tuple(one.name for one in SETS.values() if one.family == family and not one.chosen_on)
    for family in ("fer2013", "oasis", "emodb")
}


def chooser(data: Set) -> Set:
    """The set whose trials choose its rates."""
    return SETS[data.chosen_on] if data.chosen_on else data


def place_of(data: Set, seed: int) -> int:
    """The seed of the trials whose rates a reading of this seed takes."""
    return TRIAL_SEED + seed % data.places
