"""What the parsers share: clean fields, the multi-label rule, and records that never fail halfway through a file."""

from __future__ import annotations

import codecs
import html
import math
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..media.kinds import KINDS, placeholders
from ..schema.draw import draw
from ..schema.records import Record, path_fault
from ..schema.tasks import get_task
from . import Skips

NO_ID = "no usable id"
NO_LABEL = "no label, or one that the data set does not have"
NO_MEDIUM = "no medium is named"
NO_TEXT = "its text is missing"
NO_NAME = "its file's name is not of the data set's form"
BAD_ROW = "row does not have the expected form"
BAD_PATH = "media path is absolute or leaves the media root"
BAD_RECORD = "fields do not make a valid record"

EMOTION = ("emo_c", "emo_o")
SENTIMENTS = ("negative", "neutral", "positive")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
SOUNDS = KINDS.get("audio").suffixes

# Names of the seven basic expressions as folders and files spell them -> the words a model is shown.
BASIC_EMOTIONS = {
    "angry": "anger",
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "happiness": "happiness",
    "sad": "sadness",
    "sadness": "sadness",
    "surprise": "surprise",
    "neutral": "neutral",
}

# HTML's entities, which copies hold once or twice escaped, and its tags for how text looks.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_LOOKS = re.compile(r"</?(?:b|big|center|del|div|em|font|i|ins|p|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|hr)\s*/?>", re.IGNORECASE)

# C1 control characters are Windows-1252 punctuation that somebody decoded as latin-1; the others are nothing.
_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if not chr(code).isspace()} | {
    code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)
}


def words(value: Any) -> str:
    """`value` as one line of clean text; anything but a string (None, NaN, a list) is empty.

    Media placeholders lose their angle brackets, for they would count as media; control characters go, and lone
    surrogates become `?`.
    """
    if not isinstance(value, str):
        return ""
    if not (value.isascii() and value.isprintable()):
        value = value.translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")
    flat = " ".join(value.split())
    for sign in placeholders().values() if "<" in flat else ():
        flat = flat.replace(sign, f"({sign[1:-1]})")
    return flat


def prose(value: Any) -> str:
    """Text that somebody wrote, as `words`, and without what HTML makes of it: `<i>R&amp;B</i>` is `R&B`."""
    if not isinstance(value, str):
        return ""
    while "&" in value and (plain := _ENTITY.sub(lambda entity: html.unescape(entity[0]), value)) != value:
        value = plain
    if "<" in value:
        value = _LOOKS.sub("", _BREAK.sub(" ", value))
    return words(value)


def item_id(value: Any) -> str:
    """`value` as an item's id, or empty: a float has lost digits (ids go beyond 2**53) and is never one."""
    if isinstance(value, str):
        return words(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


_DIGITS = 4000  # of a whole number, which Python reads to 4,300


def whole(value: Any) -> str:
    """An id that is a whole number, such as a tweet's, or empty: `8.4e+17` and `840006160660983809.0` are none."""
    text = item_id(value)
    return text if text.isascii() and text.isdigit() and len(text) <= _DIGITS else ""


def number(value: Any) -> float | None:
    """`value` as a finite number, or None."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def yes_no(value: Any, place: str) -> str:
    """1, `"1"`, true -> Yes; 0, `"0"`, false -> No; empty where that is missing (None, NaN, words).

    Raises:
        InputError: as `by_id`.
    """
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return "Yes" if value.strip().lower() == "true" else "No"
    if isinstance(value, (bool, float)) and value in (0, 1):
        value = int(value)
    return by_id(value, {"0": "No", "1": "Yes"}, place)


def by_id(value: Any, table: Mapping[str, str], place: str) -> str:
    """The word for a label that a file gives as a whole number; empty where it gives none.

    Raises:
        InputError: a number that `table` does not have. The file counts otherwise than it is read, so that the labels
            which do stand in the table are others, too.
    """
    number_ = whole(value)
    if not number_:
        return ""
    word = table.get(number_.lstrip("0") or "0")
    if not word:
        known = ", ".join(list(table)[:30])
        raise InputError(
            f"{place}: label {number_[:20]} is none of {known}, so the file numbers its labels otherwise than it is read; "
            "get the authors' own"
        )
    return word


def heard(context: Sequence[tuple[str, str]], speaker: str, utterance: str) -> dict[str, str]:
    """Attributes of an utterance, as far as they are there: `speaker`, `words`, and the line `before` it."""
    before = ": ".join(filter(None, context[-1])) if context else ""
    return {key: value for key, value in (("speaker", speaker), ("words", utterance), ("before", before)) if value}


def stem(path: str) -> str:
    """`path` without its ending."""
    return posixpath.splitext(path)[0]


class Stems:
    """Items by their files' names without the endings; of two files that differ in it alone, the second keeps its own."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        item = stem(path)
        return item if self._first.setdefault(item, path) == path else path


def below(folder: str, name: str) -> str:
    """`name` as an annotation gives it, below `folder`; one that may not stand there stays as it is, to be refused."""
    return name if not name or path_fault(name) else f"{folder}/{name}"


def label(value: Any, table: Mapping[str, str]) -> str:
    """The word for a label as a file spells it, in any case; empty if `table` (lower case keys) does not have it."""
    return table.get(words(value).lower(), "")


def vote(shares: Mapping[str, float], key: str) -> tuple[str, tuple[str, ...]]:
    """The multi-label rule (our design): `(answer, references)` from the share of annotators that gave each label.

    The answer is the label most of them gave; ties are drawn by a hash of `key`, so that no label gains by its place
    in the alphabet. Accepted is every label that at least half of them gave, and those at the top. `shares` must hold
    a share above 0.
    """
    top = max(shares.values())
    tied = [name for name, share in shares.items() if share == top]
    return tied[draw(key, len(tied))], tuple(name for name, share in shares.items() if share >= 0.5 or share == top)


def make(skips: Skips, place: str, *, tasks: tuple[str, ...], labels: tuple[str, ...] = (), **fields: Any) -> Iterator[Record]:
    """One record for each of `tasks` from an item's `fields`; an item that makes none goes to `skips`.

    `labels` are the options of closed-set sub-tasks.
    """
    try:
        "".join([fields["item"], *(one.path for one in fields["media"])]).encode("utf-8")
        made = [Record(task=task, options=labels if get_task(task).type.takes_options else (), **fields) for task in tasks]
    except UnicodeEncodeError:
        skips.add(place, "file name is not valid UTF-8")
    except InputError:
        skips.add(place, BAD_PATH if any(path_fault(one.path) for one in fields["media"]) else BAD_RECORD)
    else:
        yield from made


def heads_hold(root: Path, globs: Iterable[str], *signs: str) -> bool:
    """Whether one of the files below `root` holds all of `signs` (lower case) in its first 64 kB, in any encoding."""
    return any(all(sign in head for sign in signs) for glob in globs for path in root.glob(glob) if (head := _head(path)))


def picture_size(root: Path, globs: Iterable[str]) -> tuple[int, int] | None:
    """Width and height of the first picture that `globs` find below `root`, by its header; None without one."""
    from PIL import Image

    for path in (path for glob in globs for path in root.glob(glob) if path.suffix.lower() in PICTURES):
        try:
            with Image.open(path) as image:
                return image.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # it is no picture, or too large a one
            return None
    return None


def _head(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(1 << 16)
    except OSError:
        return ""  # a folder, or unreadable
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "latin-1", "replace").lower()


def class_folders(root: Path, folder: str, table: Mapping[str, str], skips: Skips) -> Iterator[tuple[str, str]]:
    """Yield `(label, path below root)` of every picture in `folder`'s class folders, in the order of their names.

    Raises:
        InputError: a folder cannot be listed.
    """
    for name in listed(root / folder):
        word = label(name, table)
        if not (root / folder / name).is_dir():
            continue
        if not word:
            skips.add(f"{folder}/{name}", "folder is not a class of this data set")
            continue
        for picture in listed(root / folder / name):
            if picture.lower().endswith(PICTURES):
                yield word, f"{folder}/{name}/{picture}"


def listed(folder: Path) -> list[str]:
    """The names in `folder`, sorted; raises `InputError` if it cannot be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror})") from error
