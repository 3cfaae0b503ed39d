"""Emotion wheels from the user's own copy of MER2025's folder (zeroQiaoba/MERTools, `MER2025_Track23/emotion_wheel`).

It holds `wheel1.xlsx` to `wheel5.xlsx` (columns level1 to level3, an empty cell is as the one above it), `synonym.xlsx`
(columns word_runN and synonym_runN) and `format.csv` (name, format: the forms of a word). The wheels are other people's, so
that none comes with this package.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..io.errors import InputError
from .words import normal

LEVELS = (1, 2)
_BETWEEN = re.compile("['\",]")
Table = dict[str, frozenset[str]]


class WheelFolder(NamedTuple):
    """Of each wheel and level a table word -> group; what a word's `forms` are forms of; and what these are `synonyms` of.

    Words are in normal form. A form is one of itself, a word on a wheel a synonym of itself.
    """

    wheels: dict[str, dict[int, dict[str, str]]]
    forms: Table
    synonyms: Table

    def group(self, word: str, wheel: str, level: int, *, official: bool) -> str | None:
        """The group of `word`, in normal form, on a wheel; None where it is not to be reached.

        `official` takes the first by alphabet of all words on the wheel that can be reached, as MER2025's code does, so that it
        is not always the word itself: `happy` counts as *powerful* on the fifth wheel. If not, a word that is on the wheel is
        itself, else the first of what it is a form of, else the first synonym (our rule).
        """
        table, bases = self.wheels[wheel][level], self.forms.get(word, frozenset())
        reached = frozenset().union(*(self.synonyms.get(base, frozenset()) for base in bases))
        nearest = (reached,) if official else (frozenset((word,)), bases, reached)
        for words in nearest:
            for found in sorted(words):
                if found in table:
                    return table[found]
        return None


@lru_cache(maxsize=4)
def read_wheel_folder(folder: Path) -> WheelFolder:
    """The wheels in `folder`.

    Raises:
        InputError: a file is missing or lacks its columns, or openpyxl is not installed.
    """
    names = sorted(path.stem for path in folder.glob("wheel*.xlsx"))
    if not names:
        raise InputError(f"{folder}: holds no wheel*.xlsx; give the folder emotion_wheel of MER2025")
    wheels = {name: _wheel(folder / f"{name}.xlsx") for name in names}
    return WheelFolder(wheels, _forms(folder / "format.csv"), _synonyms(folder / "synonym.xlsx"))


def _wheel(path: Path) -> dict[int, dict[str, str]]:
    """Level -> word -> group; a word that stands in two groups belongs to the last, as in the published code."""
    tree: dict[str, dict[str, list[str]]] = {}
    one = two = three = ""
    for row in _rows(path, ("level1", "level2", "level3")):
        one, two, three = (normal(own) if own else above for own, above in zip(row, (one, two, three)))
        tree.setdefault(one, {}).setdefault(two, []).append(three)
    first: dict[str, str] = {}
    second: dict[str, str] = {}
    for one, twos in tree.items():
        first[one], second[one] = one, min(twos)
        for two, threes in twos.items():
            for word in (two, *threes):
                first[word], second[word] = one, two
    return {1: first, 2: second}


def _synonyms(path: Path) -> Table:
    found: dict[str, set[str]] = defaultdict(set)
    header, *rows = _sheet(path)
    words = [name for name in header if name.startswith("word_")]
    lacking = [f"synonym_{name[5:]}" for name in words if f"synonym_{name[5:]}" not in header]
    if lacking or not words:
        raise InputError(f"{path}: has no column {', '.join(lacking) or 'word_...'}; expected word_run1 and synonym_run1")
    runs = [(header.index(name), header.index(f"synonym_{name[5:]}")) for name in words]
    for row in rows:
        for word, synonyms in runs:
            base = normal(row[word])
            for one in (base, *_list(row[synonyms])):
                found[one].add(base)
    return {word: frozenset(own) for word, own in found.items()}


def _forms(path: Path) -> Table:
    found: dict[str, set[str]] = defaultdict(set)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                base = normal(row["name"])
                for one in (base, *_list(row["format"] or "")):
                    found[one].add(base)
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected the columns name and format") from error
    return {word: frozenset(own) for word, own in found.items()}


def _list(text: str) -> list[str]:
    return [word for part in _BETWEEN.split(text.strip("[]")) if (word := normal(part))]


def _rows(path: Path, columns: tuple[str, ...]) -> list[list[str]]:
    header, *rows = _sheet(path)
    if not {*columns} <= {*header}:
        raise InputError(f"{path}: has no columns {', '.join(columns)}")
    places = [header.index(name) for name in columns]
    return [[row[place] for place in places] for row in rows if any(row)]


def _sheet(path: Path) -> list[list[str]]:
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(f"{path}: needs the package openpyxl; install it, or this package with [text]") from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        cells: list[tuple[Any, ...]] = [*book.worksheets[0].iter_rows(values_only=True)]
    except Exception as error:  # a damaged workbook raises whatever its reader meets
        raise InputError(f"{path}: cannot be read as a workbook ({type(error).__name__}: {error})") from error
    if not cells:
        raise InputError(f"{path}: is empty")
    return [["" if cell is None else str(cell).strip() for cell in row] for row in cells]
