"""EMOTIC: people in context, 26 emotions, several for a person; the question is about one person of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from pathlib import Path
from typing import Any

from ..schema.records import Medium, Record, path_fault
from . import Skips, Source
from ._fields import (
    BAD_ROW,
    EMOTION,
    NO_LABEL,
    NO_MEDIUM,
    Stems,
    heads_hold,
    label,
    make,
    number,
    vote,
    words,
)
from ._files import first_file, read_literal, read_mat, read_table

LABELS = (
    "affection",
    "anger",
    "annoyance",
    "anticipation",
    "aversion",
    "confidence",
    "disapproval",
    "disconnection",
    "disquietment",
    "doubt or confusion",
    "embarrassment",
    "engagement",
    "esteem",
    "excitement",
    "fatigue",
    "fear",
    "happiness",
    "pain",
    "peace",
    "pleasure",
    "sadness",
    "sensitivity",
    "suffering",
    "surprise",
    "sympathy",
    "yearning",
)
COLUMNS = ("Folder", "Filename", "Image Size", "BBox", "Categorical_Labels")
SPLITS = ("train", "val", "test")
_TABLE = {name: name for name in LABELS} | {"doubt/confusion": "doubt or confusion"}
_MAT = "Annotations/Annotations.mat"
_CSV_FOLDERS = ("", "emotic_pre/", "Annotations/")
_CSV = tuple(f"{folder}{split}.csv" for folder in _CSV_FOLDERS for split in SPLITS)


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The authors' MATLAB file where it is, else the CSV re-export in circulation, one file a split."""
    base = "emotic/" if (root / "emotic").is_dir() else ""
    items = Stems()
    mat = read_mat(root / _MAT, SPLITS) if (root / _MAT).exists() else None
    for split in SPLITS:
        if mat is not None:
            people = _from_mat(mat.get(split), f"Annotations.mat:{split}")
        else:
            people = _from_csv(first_file(root, *(f"{folder}{split}.csv" for folder in _CSV_FOLDERS)), skips)
        for place, picture, size, box, given in people:
            yield from _record(place, picture, size, box, given, split, base, items, skips)


# A person as both forms give it: place, picture, (width, height), box, labels by annotator.
_Person = tuple[str, str, list[Any], list[Any], list[list[str]]]


def _from_mat(entries: Any, place: str) -> Iterator[_Person]:
    """An entry is (file, folder, size, origin, people), a person (box, labels by annotator, ...), all nested lists."""
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, list) or len(entry) < 5 or not isinstance(entry[4], list):
            yield f"{place}[{index}]", "", [], [], []
            continue
        picture = _picture(_first(entry[1]), _first(entry[0]))
        for number_, person in enumerate(entry[4]):
            box, given = person[:2] if isinstance(person, list) and len(person) > 1 else ([], [])
            labels = [_leaves(one, str) for one in given] if isinstance(given, list) else []
            yield f"{place}[{index}][{number_}]", picture, _leaves(entry[2], Real), _leaves(box, Real), labels


def _from_csv(path: Path | None, skips: Skips) -> Iterator[_Person]:
    for place, row in read_table(path, COLUMNS, skips) if path else ():
        size, box, given = (_list(row[name]) for name in ("Image Size", "BBox", "Categorical_Labels"))
        yield place, _picture(words(row["Folder"]), words(row["Filename"])), size, box, [given]


def _picture(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else ""


def _list(text: str) -> list[Any]:
    try:
        value = read_literal(text)
    except ValueError:
        return []
    return list(value) if isinstance(value, (list, tuple)) else []


def _leaves(value: Any, kind: type) -> list[Any]:
    """Every value of `kind` in nested lists, in order."""
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part, kind)]
    return [value] if isinstance(value, kind) else []


def _first(value: Any) -> str:
    return words(next(iter(_leaves(value, str)), ""))


def _record(
    place: str,
    picture: str,
    size: list[Any],
    box: list[Any],
    given: list[list[str]],
    split: str,
    base: str,
    items: Stems,
    skips: Skips,
) -> Iterator[Record]:
    if not picture:
        return skips.add(place, NO_MEDIUM)
    where = _where(size, box)
    if not where:
        return skips.add(place, BAD_ROW)
    found = [[label(one, _TABLE) for one in labels] for labels in given if labels]
    if not found or not all(map(all, found)):
        return skips.add(place, NO_LABEL)
    counts = {name: sum(name in labels for labels in found) / len(found) for name in LABELS}
    shares = {name: share for name, share in counts.items() if share}
    item = f"{items(picture)}#{'-'.join(str(int(number(edge) or 0)) for edge in box)}"
    answer, references = vote(shares, item)
    yield from make(
        skips,
        place,
        tasks=EMOTION,
        labels=LABELS,
        source="emotic",
        item=item,
        media=(Medium("image", picture if path_fault(picture) else base + picture),),
        answer=answer,
        references=references,
        split=split,
        text=where,
        group=items(picture),
    )


def _where(size: list[Any], box: list[Any]) -> str:
    """The person's place in words; corners are fractions of width and height, cut to the picture."""
    numbers = [found for value in (*size[:2], *box) if (found := number(value)) is not None]
    if len(size[:2]) + len(box) != 6 or len(numbers) != 6 or min(numbers[:2]) <= 0:
        return ""
    width, height, *edges = numbers
    left, top, right, bottom = (min(max(edge / full, 0.0), 1.0) for edge, full in zip(edges, (width, height, width, height)))
    if left >= right or top >= bottom:
        return ""
    return f"Person asked about: in the box from ({left:.2f}, {top:.2f}) to ({right:.2f}, {bottom:.2f})."


SOURCE = Source(
    name="emotic",
    title="EMOTIC",
    homepage="https://s3.sunai.uoc.edu/emotic/",
    licence="non-commercial research and education only, on request",
    citation="Ronak Kosti, Jose M. Alvarez, Adria Recasens, Agata Lapedriza. "
    "Context Based Emotion Recognition using EMOTIC Dataset. IEEE TPAMI 2019.",
    obtain="request EMOTIC on the homepage and unpack it, so that Annotations/Annotations.mat and emotic/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    markers=(_MAT, *_CSV),
    read=read,
    own=lambda root: (root / _MAT).exists() or heads_hold(root, _CSV, "categorical_labels"),
    rule="The answer is the emotion that most annotators gave a person (ties drawn by a hash of the item's id); "
    "references are the emotions that at least half of them gave, and those at the top. Train and the CSV re-export "
    "have one list of emotions for a person, which are all references.",
)
