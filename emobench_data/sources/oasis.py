"""OASIS: photographs with mean human ratings of valence and arousal, read as a closed set of three."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BAD_ROW, NO_MEDIUM, Stems, below, heads_hold, make, number, words
from ._files import read_json, read_table

LABELS = ("negative", "neutral", "positive")
# Our rule, on the ratings' 1-7 scale. The lower bar is further from the middle because viewers avoid the low end.
POSITIVE_ABOVE = 5.0
NEGATIVE_BELOW = 3.5

OFFICIAL = "OASIS.csv"
FILTERED = "labels.json"
NO_RATING = "no valence between 1 and 7"


def valence_label(valence: float) -> str:
    """The closed-set answer for a mean `valence` between 1 and 7 (our rule)."""
    if valence > POSITIVE_ABOVE:
        return "positive"
    return "negative" if valence < NEGATIVE_BELOW else "neutral"


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """One record per rated photograph, from the official table or else from the `labels.json` of a part of it."""
    rows = _official(root / OFFICIAL, skips) if (root / OFFICIAL).is_file() else _filtered(root / FILTERED)
    items = Stems()
    for place, row in rows:
        yield from _record(place, row, items, skips)


def _record(place: str, row: Any, items: Stems, skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    image, theme = words(row.get("image")).removeprefix("images/"), words(row.get("theme"))
    if not image or not theme:
        return skips.add(place, NO_MEDIUM)
    valence = number(row.get("valence"))
    if valence is None or not 1 <= valence <= 7:
        return skips.add(place, NO_RATING)
    arousal, group = number(row.get("arousal")), re.sub(r"[\s_]*\d+$", "", theme)
    yield from make(
        skips,
        place,
        tasks=("emo_c",),
        labels=LABELS,
        source="oasis",
        item=items(image),
        media=(Medium("image", below("images", image)),),
        answer=valence_label(valence),
        group=group,
        # Not the valence: the label is made of it, so that it is no evidence for it.
        attributes={"theme": group, "category": words(row.get("category"))}
        | ({} if arousal is None else {"arousal": f"{arousal:g}"}),
    )


def _official(table: Path, skips: Skips) -> Iterator[tuple[str, dict[str, str]]]:
    """The table names no files: a photograph is called as its theme, such as `Scared cat 12`."""
    columns = ("Theme", "Category", "Valence_mean", "Arousal_mean")
    for place, row in read_table(table, columns, skips):
        theme = words(row["Theme"])
        yield (
            place,
            {
                "image": theme and f"{theme}.jpg",
                "theme": theme,
                "category": row["Category"],
                "valence": row["Valence_mean"],
                "arousal": row["Arousal_mean"],
            },
        )


def _filtered(path: Path) -> Iterator[tuple[str, Any]]:
    entries = read_json(path)
    if not isinstance(entries, list):
        raise InputError(f"{path}: must hold a list of objects with image, theme and valence")
    return ((f"{path.name}, entry {i}", entry) for i, entry in enumerate(entries, 1))


SOURCE = Source(
    name="oasis",
    title="OASIS",
    homepage="https://osf.io/6pnd7/",
    licence="free for research; the photographs keep their own terms",
    citation="Benedek Kurdi, Shayn Lozano, Mahzarin R. Banaji. Introducing the Open Affective Standardized Image Set "
    "(OASIS). Behavior Research Methods, 2017.",
    obtain="download OASIS from the homepage and unpack it, so that OASIS.csv and images/ lie in the root",
    tasks=("emo_c",),
    labels={"emo_c": LABELS},
    expected={"": 900},
    markers=(OFFICIAL, FILTERED),
    read=read,
    own=lambda root: heads_hold(root, (OFFICIAL, FILTERED), "valence", "theme"),
    rule="Mean valence on the 1-7 scale: positive above 5, negative below 3.5, else neutral.",
)
