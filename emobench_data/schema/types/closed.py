"""Choose one label from a closed set."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from string import ascii_lowercase
from typing import Any

from ..items import Gold
from ..parsing import LabelSet, conclusion, is_letter, normal, shows_letters
from ..task_type import REASONS, Key
from ._labels import LabelType, among, gold_fault, one_label

_ASKED = re.compile(r"Choose one of: (.+?)\.(?:\s|$)")
_MANY = 1 << 16  # models say the same few things over and over
_is_letter = lru_cache(_MANY)(is_letter)
label_set = lru_cache(_MANY)(lambda options, letters: LabelSet(options, letters=letters))


class Closed(LabelType):
    """An answer is one of the record's options, the label set of its source."""

    name = "closed"
    hint = "Choose one of: {options}. Answer with that word or phrase only."
    close = f"Choose one of: {{options}}. {REASONS}that word or phrase."
    multiple_choice = takes_options = True

    def label_fault(self, answer: str, references: tuple[str, ...], options: tuple[str, ...]) -> str | None:
        return None if set(references) <= set(options) else f"the answer {answer!r} is not in the label set"

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        if fault := gold_fault(answer, references, options):
            return fault
        keys, labels = frozenset(map(normal, references)), {normal(option): option for option in options}
        return among(labels, options, references, keys) or Key(labels[normal(answer)], keys, options)

    def read(self, gold: Gold, question: str, answer: str) -> tuple[str, str]:
        letters = _is_letter(answer) and shows_letters(question, gold.options)
        return _read(gold, answer, letters)

    def checker(self, question: str) -> Callable[[str], str] | None:
        listed = _ASKED.findall(question)
        return checked_by(_answers(listed[-1], shows_letters(question, listed[-1].split(", ", 26)[:26]))) if listed else None


@lru_cache(_MANY)
def _read(gold: Gold, answer: str, letters: bool) -> tuple[str, str]:
    labels = label_set(gold.options, letters)
    return one_label(gold, labels.parse(answer), labels.spelled)


@lru_cache(maxsize=256)
def _answers(listed: str, letters: bool) -> frozenset[str]:
    """What scoring accepts of the options that a question lists: the labels, and letters where it shows them."""
    labels = [normal(label) for label in listed.split(", ")]
    return frozenset(labels) | frozenset(ascii_lowercase[: len(labels)] if letters else "")


def checked_by(labels: frozenset[str]) -> Callable[[str], str]:
    """A checker of answers that must be one of `labels`."""

    def fault(answer: str) -> str:
        return "" if normal(conclusion(answer)) in labels else "is none of the options that its question lists"

    return fault


TYPE = Closed()
