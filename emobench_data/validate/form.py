"""A record's form, its placeholders and its answers: all that can be said without opening another file."""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_lowercase
from typing import Any, Iterator, NamedTuple

from ..parsing import conclusion, normal
from ..tasks import YES_NO
from .faults import quote

PLACEHOLDERS = {"image": "<image>", "video": "<video>"}
_SPEAKERS = ("human", "gpt")
_OPTIONS = re.compile(r"Choose one of: (.+?)\.(?:\s|$)")
_YES_NO = re.compile(r"(?:Answer|\"Answer:\" and) Yes or No\.\s*$")


class Read(NamedTuple):
    """What later checks need of a record: its media as `(kind, name)`, and its turns as `(speaker, words)`."""

    media: list[tuple[str, str]]
    turns: list[tuple[str, str]]


Found = Iterator[tuple[str, str]]  # kind of a fault, and its words


def read_record(record: Any) -> tuple[Read, list[tuple[str, str]]]:
    """The usable parts of a record, and its faults; never raises."""
    if not isinstance(record, dict):
        return Read([], []), [("schema", f"is {quote(record)}; expected an object with id and conversations")]
    faults = list(_id_faults(record))
    media = [(key, name) for key in PLACEHOLDERS for name in _names(record, key)]
    faults += _media_faults(record)
    turns, turn_faults = _turns(record.get("conversations"))
    faults += turn_faults
    faults += _placeholder_faults(media, turns)
    faults += _answer_faults(turns)
    return Read(media, turns), faults


def _id_faults(record: dict[str, Any]) -> Found:
    value = record.get("id")
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        yield "id", "has no id; give each record a string or a whole number of its own"


def _names(record: dict[str, Any], key: str) -> list[str]:
    value = record.get(key)
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str) and name]


def _media_faults(record: dict[str, Any]) -> Found:
    for key in PLACEHOLDERS:
        if key in record:
            value = record[key]
            if not (names := value if isinstance(value, list) else [value]) or len(_names(record, key)) != len(names):
                yield "schema", f"its {key!r} is {quote(value)}; expected a path, or leave the key out"


def _turns(value: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The turns that can be read, and what is wrong with the others."""
    if not isinstance(value, list) or not value:
        return [], [("schema", "has no conversations; expected a list of turns")]
    turns, faults = [], []
    for number, turn in enumerate(value, 1):
        speaker, words = (turn.get("from"), turn.get("value")) if isinstance(turn, dict) else (None, None)
        wanted = _SPEAKERS[(number - 1) % 2]
        if not isinstance(words, str):
            faults.append(("schema", f"turn {number} has no text under 'value'"))
        if speaker != wanted:
            faults.append(("schema", f"turn {number} is from {quote(speaker)}; expected {wanted!r}, in turns"))
        if isinstance(words, str):
            turns.append((wanted, words))
    if len(value) % 2:
        faults.append(("schema", "ends without an answer; the last turn must be from 'gpt'"))
    return turns, faults


def _placeholder_faults(media: list[tuple[str, str]], turns: list[tuple[str, str]]) -> Found:
    given = {
        key: sum(words.count(sign) for speaker, words in turns if speaker == "human")
        for key, sign in PLACEHOLDERS.items()
    }
    kinds = [kind for kind, _ in media]
    if "video" in kinds and "image" not in kinds and not given["video"]:
        given = {"image": 0, "video": given["image"]}  # <image> may stand for a clip too
    for key, sign in PLACEHOLDERS.items():
        wanted = kinds.count(key)
        if given[key] != wanted and turns:
            yield (
                "placeholder",
                f"has {sign} {given[key]} times in its questions and {wanted} media of that kind; one each",
            )
        if any(sign in words for speaker, words in turns if speaker == "gpt"):
            yield "placeholder", f"has {sign} in an answer, where it would count as a medium; take it out"


def _answer_faults(turns: list[tuple[str, str]]) -> Found:
    asked = ""
    for speaker, words in turns:
        if speaker == "human":
            asked = words
        elif not words.strip():
            yield "answer", "has an empty answer; there is nothing to learn from it"
        else:
            options = _options(asked)
            if options and normal(conclusion(words)) not in options:
                yield "label", f"the answer {quote(words)} is none of the options that its question lists"


def _options(question: str) -> frozenset[str]:
    listed = _OPTIONS.findall(question)
    if listed:
        return _labels(listed[-1])
    return frozenset(map(normal, YES_NO)) if _YES_NO.search(question) else frozenset()


@lru_cache(maxsize=256)
def _labels(listed: str) -> frozenset[str]:
    labels = [normal(label) for label in listed.split(", ")]
    return frozenset(labels) | frozenset(ascii_lowercase[: len(labels)])
