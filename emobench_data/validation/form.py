"""A record's form, its placeholders and its answers: all that can be said without opening another file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..media.kinds import placeholders
from ..schema.asking import lines_that_ask
from ..schema.medium import crowded
from ..schema.types import TYPES
from .faults import quote

_SPEAKERS = ("human", "gpt")


class Read(NamedTuple):
    """What later checks need of a record: its media as `(kind, name)`, and its turns as `(speaker, words)`."""

    media: list[tuple[str, str]]
    turns: list[tuple[str, str]]


Found = Iterator[tuple[str, str]]  # kind of a fault, and its words


# What keeps a record from being trained on: the host would meet it as a crash, or as lost training.
UNUSABLE = ("schema", "placeholder", "answer")


def as_trained(record: dict[str, Any]) -> dict[str, Any]:
    """A record as training takes it: a list of one medium is that medium."""
    alone = {key: value[0] for key in placeholders() if isinstance(value := record.get(key), list) and len(value) == 1}
    return record | alone if alone else record


def read_record(record: Any) -> tuple[Read, list[tuple[str, str]]]:
    """The usable parts of a record, and its faults; never raises.

    These are the rules of validation and of training: a record without a fault of `UNUSABLE` kinds can be trained on, as
    `as_trained` gives it.
    """
    if not isinstance(record, dict):
        return Read([], []), [("schema", f"is {quote(record)}; expected an object with id and conversations")]
    faults = list(_id_faults(record))
    media = [(key, name) for key in placeholders() for name in _names(record, key)]
    media_faults = list(_media_faults(record))
    turns, turn_faults = _turns(record.get("conversations"))
    faults += media_faults[:1] + turn_faults
    if not media_faults:  # else there is nothing to compare them with
        faults += _placeholder_faults(media, turns)
    faults += _answer_faults(turns, alone=not media)
    return Read(media, turns), faults


def _id_faults(record: dict[str, Any]) -> Found:
    value = record.get("id")
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        yield "id", "has no id; give each record a string or a whole number of its own"


def _names(record: dict[str, Any], key: str) -> list[str]:
    value = record.get(key)
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str) and name]


def _media_faults(record: dict[str, Any]) -> Found:
    for key in placeholders():
        if key in record:
            value = record[key]
            names = value if isinstance(value, list) else [value]
            if not names or len(_names(record, key)) != len(names):
                yield "schema", f"its {key!r} is {quote(value)}; expected a path, or leave the key out"
            elif len(names) > 1:
                yield "schema", f"its {key!r} is a list of {len(names)}; a record has one of a kind, so make it several records"
    crowd = crowded([key for key in placeholders() if key in record])
    if crowd:
        yield "schema", f"{crowd}; a record has one of them, so make it two records"


def _turns(value: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The turns that can be read, and what is wrong with the others."""
    if not isinstance(value, list) or not value:
        return [], [("schema", "has no conversations; expected a list of turns")]
    turns, faults, astray, wanted = [], [], [], 0
    for number, turn in enumerate(value, 1):
        speaker, words = (turn.get("from"), turn.get("value")) if isinstance(turn, dict) else (None, None)
        if not isinstance(words, str):
            faults.append(("schema", f"turn {number} has no text under 'value'"))
        if speaker == "system":
            astray.append(f"turn {number} is from 'system'; take it out, for the template brings its own system message")
            continue
        if speaker != _SPEAKERS[wanted]:
            astray.append(f"turn {number} is from {quote(speaker)}; expected {_SPEAKERS[wanted]!r}, in turns")
        # A turn too many shifts those that follow, which are in order among themselves.
        who = _SPEAKERS.index(speaker) if speaker in _SPEAKERS else wanted
        if isinstance(words, str):
            turns.append((_SPEAKERS[who], words))
        wanted = 1 - who
    if astray:
        more = f" (and {len(astray) - 1} more of its turns)" if len(astray) > 1 else ""
        faults.insert(0, ("schema", astray[0] + more))
    if wanted == 1 or not turns:
        faults.append(("schema", "ends without an answer; the last turn must be from 'gpt'"))
    return turns, faults


def _placeholder_faults(media: list[tuple[str, str]], turns: list[tuple[str, str]]) -> Found:
    signs = placeholders()
    given = {key: sum(words.count(sign) for speaker, words in turns if speaker == "human") for key, sign in signs.items()}
    there = [kind for kind, _ in media]
    if "video" in there and "image" not in there and not given["video"]:
        given |= {"image": 0, "video": given["image"]}  # <image> may stand for a clip too
    for key, sign in signs.items():
        wanted = there.count(key)
        if given[key] != wanted and turns:
            yield (
                "placeholder",
                f"has {sign} {given[key]} times in its questions and {wanted} media of that kind; one each",
            )
        if any(sign in words for speaker, words in turns if speaker == "gpt"):
            yield "placeholder", f"has {sign} in an answer, where it would count as a medium; take it out"


def _answer_faults(turns: list[tuple[str, str]], *, alone: bool) -> Found:
    asked = ""
    for speaker, words in turns:
        if speaker == "human":
            asked = words
        elif not words.strip():
            yield "answer", "has an empty answer; there is nothing to learn from it"
        else:
            parts = (*lines_that_ask(asked, alone=alone), asked)
            fault = next((found(words) for part in parts for kind in TYPES.values() if (found := kind.checker(part))), "")
            if fault:
                yield "label", f"the answer {quote(words)} {fault}"
