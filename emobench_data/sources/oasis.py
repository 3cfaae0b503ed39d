"""OASIS: photographs with mean human ratings of valence and arousal, read as a closed set of three."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any, Iterator

import orjson

from ..errors import InputError
from ..records import Record, path_fault
from . import Skips, Source

LABELS = ("negative", "neutral", "positive")
# Our rule, on the ratings' 1-7 scale. The lower bar is further from the middle because viewers avoid the low end.
POSITIVE_ABOVE = 5.0
NEGATIVE_BELOW = 3.5

OFFICIAL = "OASIS.csv"
FILTERED = "labels.json"


def label(valence: float) -> str:
    """The closed-set answer for a mean `valence` between 1 and 7 (our rule)."""
    if valence > POSITIVE_ABOVE:
        return "positive"
    return "negative" if valence < NEGATIVE_BELOW else "neutral"


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Yield one record per rated photograph, from the official table or else from a `labels.json` of a part of it."""
    table = root / OFFICIAL
    rows = _official_rows(table) if table.is_file() else _filtered_rows(root / FILTERED)
    seen: set[str] = set()
    for place, row in rows:
        record = _record(place, row, skips)
        if record is None:
            continue
        if record.item in seen:
            skips.add(place, "the image is listed twice")
            continue
        seen.add(record.item)
        yield record


def _record(place: str, row: dict[str, Any], skips: Skips) -> Record | None:
    image, theme = row["image"], row["theme"]
    if not (isinstance(image, str) and image.strip() and isinstance(theme, str) and theme.strip()):
        skips.add(place, "no image or no theme")
        return None
    if path_fault(f"images/{image}"):
        skips.add(place, "the image's path leaves the data set's folder")
        return None
    valence, arousal = _rating(row["valence"]), _rating(row["arousal"])
    if valence is None:
        skips.add(place, "no valence between 1 and 7")
        return None
    attributes = {"category": str(row["category"] or ""), "valence": f"{valence:g}"}
    if arousal is not None:
        attributes["arousal"] = f"{arousal:g}"
    return Record(
        source="oasis",
        item=Path(image).stem,
        task="emo_c",
        modality="image",
        media=f"images/{image}",
        answer=label(valence),
        options=LABELS,
        group=re.sub(r"[\s_]*\d+$", "", theme.strip()),
        attributes=attributes,
    )


def _rating(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and 1 <= number <= 7 else None


def _official_rows(table: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The official table ends its lines with a bare CR and is latin-1; copies saved again are often UTF-8."""
    data = table.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    reader = csv.DictReader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")))
    names = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    wanted = ("theme", "category", "valence_mean", "arousal_mean")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"{table}: no column {', '.join(missing)}; take OASIS.csv as its authors publish it")
    theme, category, valence, arousal = (names[name] for name in wanted)
    for row in reader:
        title = (row[theme] or "").strip()
        yield (
            f"{table.name}, line {reader.line_num}",
            {
                "image": f"{title}.jpg" if title else "",
                "theme": title,
                "category": row[category],
                "valence": row[valence],
                "arousal": row[arousal],
            },
        )


def _filtered_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        entries = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON ({error}); copy the file again") from error
    if not isinstance(entries, list):
        raise InputError(f"{path}: must hold a list of objects with image, theme and valence")
    keys = ("image", "theme", "category", "valence", "arousal")
    for number, entry in enumerate(entries, start=1):
        yield f"{path.name}, entry {number}", {key: entry.get(key) if isinstance(entry, dict) else None for key in keys}


SOURCE = Source(
    name="oasis",
    title="OASIS",
    homepage="https://osf.io/6pnd7/",
    licence="free for research (images keep their own terms)",
    citation="Kurdi, Lozano, Banaji: Introducing the Open Affective Standardized Image Set (OASIS), BRM 2017",
    obtain="download OASIS from https://osf.io/6pnd7/ and unpack it, so that OASIS.csv and images/ lie in one folder",
    tasks=("emo_c",),
    labels={"emo_c": LABELS},
    markers=(OFFICIAL, FILTERED),
    read=read,
    expected={"": 900},
)
