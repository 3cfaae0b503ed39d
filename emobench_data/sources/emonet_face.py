"""EmoNet-Face HQ: made faces with how strong people saw each of forty emotions in them, from 0 to 7."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BAD_ROW, PICTURES, below, heads_hold, make, number, stem, words
from ._files import first_file, read_literal, read_table

NO_RATING = "a rating is not from 0 to 7"
PEOPLE = "human"  # what the names of annotators that are no model begin with
_MARKERS = ("hq.csv", "data/hq.csv")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The mean over people, models left out, of every emotion that one of them named; who did not name it gave it 0.

    The columns are those that the authors' analysis reads; whether names of images have an ending is looked up on disk.
    """
    table = first_file(root, *_MARKERS) or root / _MARKERS[0]
    places: dict[str, str] = {}
    ratings: dict[str, list[dict[str, float]]] = defaultdict(list)
    for place, row in read_table(table, ("image", "annotator", "annotations"), skips):
        if not words(row["annotator"]).lower().startswith(PEOPLE):
            continue
        name, rated = words(row["image"]), _ratings(row["annotations"])
        if not name or rated is None:
            skips.add(place, BAD_ROW if name else "no image is named")
        elif not all(0 <= value <= 7 for value in rated.values()):
            skips.add(place, NO_RATING)
        else:
            places.setdefault(name, place)
            ratings[name].append(rated)
    ending = _ending(root, next(iter(ratings), ""))
    for name, own in ratings.items():
        for emotion in sorted({emotion for rated in own for emotion in rated}):
            yield from make(
                skips,
                places[name],
                tasks=("face_intensity",),
                source="emonet_face",
                item=f"{stem(name) if ending == '' else name}/{emotion.lower()}",
                media=(Medium("image", below("images", f"{name}{ending}")),),
                answer=sum(rated.get(emotion, 0.0) for rated in own) / len(own),
                text=f"Emotion: {emotion}",
                group=name,
            )


def _ratings(text: str) -> dict[str, float] | None:
    """Emotion -> rating; None where the cell holds no such thing."""
    try:
        value: Any = read_literal(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    found = {words(emotion): number(rating) for emotion, rating in value.items() if not isinstance(rating, bool)}
    if len(found) < len(value) or "" in found:
        return None
    rated = {emotion: rating for emotion, rating in found.items() if rating is not None}
    return rated if len(rated) == len(value) else None


def _ending(root: Path, name: str) -> str:
    """What stands behind a name to make a file of it.

    Raises:
        InputError: the names have no ending, and no picture of the first is there.
    """
    if not name or name.lower().endswith(PICTURES):
        return ""
    found = next((ending for ending in PICTURES if (root / "images" / f"{name}{ending}").is_file()), None)
    if found is None:
        raise InputError(f"{root}: images/{name[:60]} has no picture ({', '.join(PICTURES)}); unpack the images below images/")
    return found


SOURCE = Source(
    name="emonet_face",
    title="EmoNet-Face HQ",
    homepage="https://github.com/LAION-AI/emonet-face",
    licence="CC BY 4.0 for the data, MIT for the code",
    citation="Christoph Schuhmann, Robert Kaczmarczyk, Gollam Rabby, Felix Friedrich, Maurice Kraus, Krishna Kalyan, "
    "Kourosh Nadi, Huu Nguyen, Kristian Kersting, Soeren Auer. EmoNet-Face: An Expert-Annotated Benchmark for Synthetic "
    "Emotion Recognition. NeurIPS 2025.",
    obtain="take data/hq.csv from the homepage and the images from laion/emonet-face-hq on the hub, so that hq.csv and images/ "
    "lie in the root",
    tasks=("face_intensity",),
    labels={},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "image", "annotator", "annotations"),
)
