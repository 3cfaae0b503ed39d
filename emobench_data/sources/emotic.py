"""EMOTIC: people in context, 26 emotions, several for a person; the question is about one person of the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Sequence

from ..files import first_file, read_literal, read_mat, read_table
from ..records import Record, path_fault
from . import Skips, Source
from ._fields import BAD_ROW, EMOTION, NO_LABEL, NO_MEDIUM, label, make, number, stem, vote, words

LABELS = (
    "affection", "anger", "annoyance", "anticipation", "aversion", "confidence", "disapproval", "disconnection",
    "disquietment", "doubt or confusion", "embarrassment", "engagement", "esteem", "excitement", "fatigue", "fear",
    "happiness", "pain", "peace", "pleasure", "sadness", "sensitivity", "suffering", "surprise", "sympathy", "yearning",
)
COLUMNS = ("Folder", "Filename", "Image Size", "BBox", "Categorical_Labels")
SPLITS = ("train", "val", "test")
_TABLE = {name: name for name in LABELS} | {"doubt/confusion": "doubt or confusion"}
_MAT = "Annotations/Annotations.mat"
_CSV_FOLDERS = ("", "emotic_pre/", "Annotations/")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The authors' MATLAB file where it is, else the CSV re-export in circulation, one file a split."""
    base = "emotic/" if (root / "emotic").is_dir() else ""
    for split in SPLITS:
        if (root / _MAT).exists():
            people = _from_mat(root / _MAT, split)
        else:
            people = _from_csv(first_file(root, *(f"{folder}{split}.csv" for folder in _CSV_FOLDERS)), skips)
        for place, picture, size, box, given in people:
            yield from _record(place, picture, size, box, given, split, base, skips)


# A person as both forms give it: place, picture, (width, height), box, labels by annotator.
_Person = tuple[str, str, Sequence[Any], Sequence[Any], list[list[str]]]


def _from_mat(path: Path, split: str) -> Iterator[_Person]:
    """Train has one list of labels for a person, val and test one for each annotator and their union."""
    entries = read_mat(path, split)
    for index, entry in enumerate([] if entries is None else entries.ravel()):
        try:
            name, folder, size, people = entry[0], entry[1], entry[2], entry[4].ravel()
        except (IndexError, TypeError, AttributeError, ValueError):
            yield f"{path.name}:{split}[{index}]", "", (), (), []
            continue
        picture = _picture(_first(folder), _first(name))
        for number_, person in enumerate(people):
            fields = list(person) if hasattr(person, "dtype") and person.dtype.names else [(), ()]
            given = [_strings(one) for one in getattr(fields[1], "flat", [])]
            yield f"{path.name}:{split}[{index}][{number_}]", picture, _numbers(size), _numbers(fields[0]), given


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


def _strings(value: Any) -> list[str]:
    """Every string in MATLAB's nested cells and structs, in order."""
    if isinstance(value, str):
        return [str(value)]
    if hasattr(value, "dtype"):
        parts = value.flat if hasattr(value, "shape") and value.shape else value if value.dtype.names else ()
        return [text for part in parts for text in _strings(part)]
    return [text for part in value for text in _strings(part)] if isinstance(value, (list, tuple)) else []


def _numbers(value: Any) -> list[Any]:
    """Every number in MATLAB's nested cells and structs, in order."""
    if hasattr(value, "dtype") and (value.shape or value.dtype.names):
        return [one for part in (value.flat if value.shape else value) for one in _numbers(part)]
    return [] if value is None or isinstance(value, (str, list, tuple)) else [value]


def _first(value: Any) -> str:
    return words(next(iter(_strings(value)), ""))


def _record(
    place: str, picture: str, size: Sequence[Any], box: Sequence[Any], given: list[list[str]], split: str, base: str,
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
    item = f"{stem(picture)}#{'-'.join(str(int(number(edge) or 0)) for edge in box)}"
    answer, accepted = vote(shares, item)
    yield from make(
        skips, place, tasks=EMOTION, labels=LABELS, source="emotic", item=item, modality="image",
        media=picture if path_fault(picture) else base + picture, answer=answer, accepted=accepted, split=split,
        text=where, group=stem(picture),
    )


def _where(size: Sequence[Any], box: Sequence[Any]) -> str:
    """The person's place in words; corners are fractions of width and height, cut to the picture."""
    numbers = [number(value) for value in (*size[:2], *box)]
    if len(numbers) != 6 or None in numbers or min(numbers[:2]) <= 0:
        return ""
    width, height, *edges = numbers
    left, top, right, bottom = (
        min(max(edge / full, 0.0), 1.0) for edge, full in zip(edges, (width, height, width, height))
    )
    if left >= right or top >= bottom:
        return ""
    return f"Person asked about: in the box from ({left:.2f}, {top:.2f}) to ({right:.2f}, {bottom:.2f})."


SOURCE = Source(
    name="emotic",
    title="EMOTIC",
    homepage="https://s3.sunai.uoc.edu/emotic/",
    licence="non-commercial, on request; see homepage",
    citation="Ronak Kosti, Jose M. Alvarez, Adria Recasens, Agata Lapedriza. "
    "Context Based Emotion Recognition using EMOTIC Dataset. IEEE TPAMI 2019.",
    obtain="request EMOTIC on the homepage and unpack it, "
    "so that Annotations/Annotations.mat and emotic/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    markers=(_MAT, *(f"{folder}{split}.csv" for folder in _CSV_FOLDERS for split in SPLITS)),
    read=read,
    rule="The answer is the emotion that most annotators gave a person (ties drawn by a hash of the item's id); "
    "accepted are the emotions that at least half of them gave, and those at the top. Train and the CSV re-export "
    "have one list of emotions for a person, of which all are accepted.",
)
