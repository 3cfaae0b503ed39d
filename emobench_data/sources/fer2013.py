"""FER2013: grey 48x48 faces, seven expressions; one CSV that holds the pixels, or a tree of class folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..io.atomic import atomic_file
from ..io.errors import InputError
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import (
    BASIC_EMOTIONS,
    EMOTION,
    NO_LABEL,
    Stems,
    by_id,
    class_folders,
    heads_hold,
    listed,
    make,
    picture_size,
)
from ._files import first_file, read_table

LABELS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
COLUMNS = ("emotion", "pixels", "Usage")
SIDE = 48
# A split's name in either form (lower case) -> ours.
SPLITS = {
    "training": "train",
    "train": "train",
    "publictest": "val",
    "validation": "val",
    "valid": "val",
    "val": "val",
    "privatetest": "test",
    "test": "test",
}
_IDS = {str(index): name for index, name in enumerate(LABELS)}
_FOLDERS = ("[Tt]rain*/[Aa]ng*", "[Vv]al*/[Aa]ng*", "[Tt]est/[Aa]ng*", "*Test/[Aa]ng*")
_CSV = ("fer2013.csv", "fer2013/fer2013.csv", "icml_face_data.csv")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The CSV where there is one: its pictures are named as `extract_faces` will write them below `extracted/`."""
    table = _table(root)
    return _from_csv(table, skips) if table else _from_folders(root, skips)


def _table(root: Path) -> Path | None:
    return first_file(root, *_CSV)


def _faces(table: Path, skips: Skips) -> Iterator[tuple[str, str, dict[str, str]]]:
    """`(place, picture name below extracted/, row)` of every row; rows are numbered over the whole file."""
    for index, (place, row) in enumerate(read_table(table, COLUMNS, skips)):
        usage = row["Usage"].strip()
        if usage.lower() not in SPLITS:
            skips.add(place, "its Usage is none of Training, PublicTest, PrivateTest")
        elif row["pixels"].strip().count(" ") != SIDE * SIDE - 1:
            skips.add(place, f"it does not have {SIDE * SIDE} pixels")
        else:
            yield place, f"{usage}/{index:05d}", row


def _from_csv(table: Path, skips: Skips) -> Iterator[Record]:
    for place, name, row in _faces(table, skips):
        word = by_id(row["emotion"], _IDS, place)
        if not word:
            skips.add(place, NO_LABEL)
            continue
        yield from make(
            skips,
            place,
            tasks=EMOTION,
            labels=LABELS,
            source="fer2013",
            item=name,
            media=(Medium("image", f"extracted/{name}.png"),),
            answer=word,
            split=SPLITS[name.partition("/")[0].lower()],
        )


def _from_folders(root: Path, skips: Skips) -> Iterator[Record]:
    item = Stems()
    for folder in (name for name in listed(root) if name.lower() in SPLITS and (root / name).is_dir()):
        for word, path in class_folders(root, folder, BASIC_EMOTIONS, skips):
            yield from make(
                skips,
                path,
                tasks=EMOTION,
                labels=LABELS,
                source="fer2013",
                item=item(path),
                media=(Medium("image", path),),
                answer=word,
                split=SPLITS[folder.lower()],
            )


def extract_faces(csv: Path, out: Path) -> int:
    """Write the pictures that the CSV holds as `out/<Usage>/<row>.png` and return how many were written now.

    Pictures that are there already and the same stay, each is written in one step: a stopped run goes on where it was.
    Shows progress on a terminal.

    Raises:
        InputError: the CSV cannot be read, a row's pixels are not 0 to 255, or `out` cannot be written to.
    """
    from tqdm import tqdm

    written = 0
    for place, name, row in tqdm(_faces(csv, Skips()), desc="faces", unit="", disable=None):
        path, picture = out / f"{name}.png", _png(row["pixels"], place)
        if not path.is_file() or path.read_bytes() != picture:  # of another CSV, or cut off
            with atomic_file(path, durable=False) as file:
                file.write(picture)
            written += 1
    return written


def _png(pixels: str, place: str) -> bytes:
    from io import BytesIO

    from PIL import Image

    try:
        data = bytes(map(int, pixels.split()))
        image = Image.frombytes("L", (SIDE, SIDE), data)
    except ValueError as error:
        raise InputError(f"{place}: its pixels are not {SIDE * SIDE} numbers from 0 to 255 ({error})") from error
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def extract(root: Path, into: Path) -> bool:
    """`extract_faces` into `into/extracted`, where the records name them; False for a folder tree, which needs nothing."""
    table = _table(root)
    if table:
        extract_faces(table, into / "extracted")
    return table is not None


def _own(root: Path) -> bool:
    """A CSV of that name and those columns in `root` itself, or class folders of faces of that size."""
    if heads_hold(root, (name for name in _CSV if "/" not in name), "emotion", "pixels"):
        return True
    return picture_size(root, (f"{folder}/*" for folder in _FOLDERS)) == (SIDE, SIDE)


SOURCE = Source(
    name="fer2013",
    title="FER2013",
    homepage="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
    licence="research use only, not to be redistributed; see homepage",
    citation="Ian J. Goodfellow, Dumitru Erhan, Pierre-Luc Carrier, Aaron Courville, et al. "
    "Challenges in Representation Learning: A Report on Three Machine Learning Contests. ICONIP 2013.",
    obtain="put fer2013.csv from the homepage into the root (its pictures are then extracted), "
    "or a tree such as train/angry/*.jpg",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    expected={"train": 28_709, "val": 3_589, "test": 3_589},
    markers=(*_CSV, *_FOLDERS),
    read=read,
    own=_own,
    extract=extract,
)
