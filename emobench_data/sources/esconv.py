"""ESConv: people in distress and supporters, whose every turn follows one of eight strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from ..io.errors import InputError
from ..schema.beyond.support import LISTENER, SPEAKER, so_far
from ..schema.records import Record
from . import Skips, Source
from ._fields import BAD_ROW, NO_LABEL, NO_TEXT, heads_hold, label, make, prose, words
from ._files import first_file, read_json, read_jsonl

STRATEGIES = (
    "question",
    "restatement or paraphrasing",
    "reflection of feelings",
    "self-disclosure",
    "affirmation and reassurance",
    "providing suggestions",
    "information",
    "others",
)
HISTORY = 5  # turns before the one that is asked about
WHOLE = "ESConv.json"
# Our split -> what files that hold it alone are called.
PARTS = {"train": ("esc-train.txt", "train.txt"), "val": ("esc-valid.txt", "valid.txt"), "test": ("esc-test.txt", "test.txt")}
_SEED, _SHARE = 13, 0.15  # of the authors' split, codes_zcj/_reformat/process.py
_WHO = {"seeker": SPEAKER, "usr": SPEAKER, "supporter": LISTENER, "sys": LISTENER}
_TABLE = {name: name for name in STRATEGIES}
_MARKERS = (WHOLE, *(file for files in PARTS.values() for file in files))

Dialogue = tuple[str, str, Any]  # place, split, and what stands there


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The next strategy and the next turn at every turn of a supporter, before whom up to `HISTORY` turns are shown.

    `FailedESConv.json` is never read: it shows what bad support is, under other labels.
    """
    for place, split, dialogue in _whole(root) if (root / WHOLE).is_file() else _parts(root):
        yield from _records(place, split, dialogue, skips)


def _whole(root: Path) -> Iterator[Dialogue]:
    """The authors' own file and split: shuffled in the file's order, the first 15 % validation, the next 15 % test."""
    content = read_json(root / WHOLE)
    if not isinstance(content, list):
        raise InputError(f"{root / WHOLE}: not a list of dialogues; download it again")
    order = list(range(len(content)))
    Random(_SEED).shuffle(order)
    size = int(_SHARE * len(content))
    split = {number: "val" if rank < size else "test" if rank < 2 * size else "train" for rank, number in enumerate(order)}
    yield from ((f"{WHOLE}[{number}]", split[number], dialogue) for number, dialogue in enumerate(content))


def _parts(root: Path) -> Iterator[Dialogue]:
    """Files of one split each; validation trains where there is no training part, and is divided where it is all there is."""
    found = {split: first_file(root, *files) for split, files in PARTS.items()}
    as_split = {"train": "train", "val": "val", "test": "test"}
    if not found["train"]:
        as_split["val"] = "train" if found["test"] else ""
    for split, file in found.items():
        for place, dialogue in read_jsonl(file) if file else ():
            yield place, as_split[split], dialogue


def _records(place: str, split: str, dialogue: Any, skips: Skips) -> Iterator[Record]:
    turns = dialogue.get("dialog") if isinstance(dialogue, dict) else None
    if not isinstance(turns, list):
        return skips.add(place, BAD_ROW)
    before: list[tuple[str, str]] = []
    situation, emotion = prose(dialogue.get("situation")), words(dialogue.get("emotion_type")).lower()
    for number, turn in enumerate(turns):
        own = turn if isinstance(turn, dict) else {}
        who, said = label(own.get("speaker"), _WHO), prose(own.get("content", own.get("text")))
        if not who or not said:
            skips.add(f"{place}, turn {number}", NO_TEXT if who else BAD_ROW)
            continue
        if who == LISTENER:
            yield from _asked(f"{place}, turn {number}", split, so_far(last(before), situation=situation), own, emotion, skips)
        before.append((who, said))


def last(turns: list[tuple[str, str]], most: int = HISTORY) -> list[tuple[str, str]]:
    """The turns before, of which those that one says in a row are one, `most` at most."""
    starts = [place for place, (who, _) in enumerate(turns) if not place or turns[place - 1][0] != who]
    return turns[starts[-most] :] if len(starts) > most else turns


def _asked(place: str, split: str, text: str, turn: dict[str, Any], emotion: str, skips: Skips) -> Iterator[Record]:
    annotation = turn.get("annotation")
    strategy = label(annotation.get("strategy") if isinstance(annotation, dict) else turn.get("strategy"), _TABLE)
    if not strategy:
        return skips.add(place, NO_LABEL)
    group = place.rpartition(", ")[0]
    answers: Iterable[tuple[str, str]] = (("strategy", strategy), ("reply", prose(turn.get("content", turn.get("text")))))
    for task, answer in answers:
        yield from make(
            skips,
            place,
            tasks=(task,),
            labels=STRATEGIES,
            source="esconv",
            item=place.replace(", turn ", "/"),
            media=(),
            answer=answer,
            text=text,
            split=split,
            group=group,
            attributes={"emotion": emotion, "strategy": strategy} if emotion else {"strategy": strategy},
        )


SOURCE = Source(
    name="esconv",
    title="ESConv",
    homepage="https://github.com/thu-coai/Emotional-Support-Conversation",
    licence="CC BY-NC 4.0",
    citation="Siyang Liu, Chujie Zheng, Orianna Demasi, Sahand Sabour, Yu Li, Zhou Yu, Yong Jiang, Minlie Huang. Towards "
    "Emotional Support Dialog Systems. ACL 2021.",
    obtain="take ESConv.json from the homepage, so that it lies in the root",
    tasks=("strategy", "reply"),
    labels={"strategy": STRATEGIES},
    expected={"val": 2_722, "test": 2_895},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, '"situation"', '"dialog"'),
    rule="Official split by the authors' seed. Of one-split files, validation trains where no training part is there.",
)
