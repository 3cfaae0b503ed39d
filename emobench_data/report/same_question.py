"""Which questions of two runs are the same: an id may stand for another text, another picture or another gold."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..media.examine import leads_out
from ..schema.medium import Medium, path_fault
from ..schema.questions import Question


class AskedAs(NamedTuple):
    """What was asked: the words with their options and form, the media, their paths below `root`, and the gold."""

    words: tuple[Any, ...]
    media: tuple[Medium, ...]
    root: Path | None
    gold: Any


def asked_as(question: Question, gold: Any, root: Path | None) -> AskedAs:
    """`question` as it was asked of a run whose media lie in `root`; `gold` is whatever tells its gold from another.

    What stands before a question to stimulate is what such runs are compared for, and none of its words.
    """
    return AskedAs((question.plain, question.options, question.form), question.media, root, gold)


def differs(first: AskedAs, second: AskedAs) -> str:
    """Why the two are not the same question, or an empty text."""
    if first.words != second.words:
        return "with other words"
    if first.media != second.media or not all(_same_content(one.path, first.root, second.root) for one in first.media):
        return "about another medium"
    return "with another gold" if first.gold != second.gold else ""


def _same_content(name: str, first: Path | None, second: Path | None) -> bool:
    """Media of one name in two folders are the same if their contents are, or if one of them cannot be read."""
    if first is None or second is None or first == second:
        return True
    digests = _digest(first, name), _digest(second, name)
    return "" in digests or digests[0] == digests[1]


def _digest(root: Path, name: str) -> str:
    path = root / name
    if path_fault(name) or leads_out(path, root.resolve()):
        return ""
    try:
        return _content_digest(path, path.stat().st_mtime_ns)
    except OSError:  # such as one that is not there, or a folder
        return ""


@lru_cache(maxsize=1 << 16)  # several questions may be about one medium
def _content_digest(path: Path, _changed: int) -> str:
    return hashlib.blake2b(path.read_bytes()).hexdigest()
