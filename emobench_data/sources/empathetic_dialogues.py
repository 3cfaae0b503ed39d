"""EmpatheticDialogues: situations that somebody tells, under one of 32 emotions, and what a listener says to them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from ..io.errors import InputError
from ..schema.beyond.support import LISTENER, SPEAKER, so_far
from ..schema.records import Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_LABEL, NO_TEXT, heads_hold, label, make, prose, whole, words
from ._files import first_file, open_text

EMOTIONS = (
    *("afraid", "angry", "annoyed", "anticipating", "anxious", "apprehensive", "ashamed", "caring", "confident", "content"),
    *("devastated", "disappointed", "disgusted", "embarrassed", "excited", "faithful", "furious", "grateful", "guilty"),
    *("hopeful", "impressed", "jealous", "joyful", "lonely", "nostalgic", "prepared", "proud", "sad", "sentimental"),
    *("surprised", "terrified", "trusting"),
)
COLUMNS = ("conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance")
HISTORY = 4  # turns before a reply, as the authors show them
BROKEN = "a turn before it is missing"
SPLITS = {"train": "train", "val": "valid", "test": "test"}
_TABLE = {name: name for name in EMOTIONS}


def _files(name: str) -> tuple[str, ...]:
    return f"{name}.csv", f"empatheticdialogues/{name}.csv"


_MARKERS = tuple(file for name in SPLITS.values() for file in _files(name))


class Turn(NamedTuple):
    """A line: where it stands, its number in the dialogue, the emotion (empty where it is none), and what was told and said."""

    place: str
    number: int
    emotion: str
    situation: str
    said: str


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Emotion from the situation, once a dialogue, and a reply at every even turn: odd ones are of who feels.

    Read as the authors read it: lines cut at commas, which texts write `_comma_`. A quotation mark is no quoting; by a reader
    of CSV, lines that begin a field with one swallow those after them, up to a third of the file.
    """
    for split, name in SPLITS.items():
        table = first_file(root, *_files(name))
        if table:
            for talk, turns in groupby(_turns(table, skips), key=itemgetter(0)):
                yield from _dialogue(talk, [turn for _, turn in turns], split, skips)


def _turns(table: Path, skips: Skips) -> Iterator[tuple[str, Turn]]:
    """Every line with the id of its dialogue. Behind the sixth column are ratings, in which whole chats can stand."""
    with open_text(table) as lines:
        header = [words(name) for name in next(iter(lines), "").split(",")]
        if header[: len(COLUMNS)] != list(COLUMNS):
            raise InputError(f"{table}: does not begin with the columns {', '.join(COLUMNS)}; download it again")
        for number, line in enumerate(lines, 2):
            place, cells = f"{table.name}:{number}", line.rstrip("\n").split(",")
            if len(cells) < len(COLUMNS) or not words(cells[0]) or not whole(cells[1]):
                skips.add(place, BAD_ROW)
                continue
            situation, said = (prose(cells[column].replace("_comma_", ",")) for column in (3, 5))
            yield words(cells[0]), Turn(place, int(whole(cells[1])), label(cells[2], _TABLE), situation, said)


def _dialogue(talk: str, turns: list[Turn], split: str, skips: Skips) -> Iterator[Record]:
    known: dict[str, Any] = {"source": "empathetic_dialogues", "media": (), "split": split, "group": f"{split}/{talk}"}
    first = turns[0]
    if not first.emotion or not first.situation:
        return skips.add(first.place, NO_TEXT if first.emotion else NO_LABEL)
    told: dict[str, Any] = {"item": f"{split}/{talk}", "answer": first.emotion, "text": quoted("Situation", first.situation)}
    yield from make(skips, first.place, tasks=("speaker_emotion",), labels=EMOTIONS, **told, **known)
    before: list[tuple[str, str]] = []
    for turn in turns:
        if not turn.said or turn.number != len(before) + 1:
            return skips.add(turn.place, BROKEN if turn.said else NO_TEXT)
        if turn.number % 2 == 0:
            item: dict[str, Any] = {
                "item": f"{split}/{talk}/{turn.number}",
                "answer": turn.said,
                "text": so_far(before[-HISTORY:]),
            }
            yield from make(skips, turn.place, tasks=("reply",), attributes={"emotion": first.emotion}, **item, **known)
        before.append((LISTENER if turn.number % 2 == 0 else SPEAKER, turn.said))


SOURCE = Source(
    name="empathetic_dialogues",
    title="EmpatheticDialogues",
    homepage="https://github.com/facebookresearch/EmpatheticDialogues",
    licence="CC BY-NC 4.0",
    citation="Hannah Rashkin, Eric Michael Smith, Margaret Li, Y-Lan Boureau. Towards Empathetic Open-domain Conversation "
    "Models: a New Benchmark and Dataset. ACL 2019.",
    obtain="unpack empatheticdialogues.tar.gz, which the homepage names, so that train.csv, valid.csv and test.csv lie in the "
    "root",
    tasks=("speaker_emotion", "reply"),
    labels={"speaker_emotion": EMOTIONS},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "conv_id,utterance_idx,context,prompt"),
)
