"""The same questions, each with an emotional stimulus of the user's: to measure whether such words move the score.

EmotionPrompt (arXiv 2307.11760) and NegativePrompt (arXiv 2405.02814) studied this for language models; none of their
wordings is shipped.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson

from ..io.atomic import write_once
from ..io.errors import InputError
from ..io.llava_files import line_place, read_entries
from ..schema.questions import read_questions
from .llava import neutral
from .published_stimuli import read_published

PLAIN = "plain"
PLACES = BEFORE, AFTER = "before", "after"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_stimuli(path: Path) -> dict[str, str]:
    """Id -> text, from lines of an id, a blank and a text; empty lines do not count. A `.py` file is `published_stimuli`'s.

    Raises:
        InputError: the file cannot be read or holds none, or a line has no text, or no id of its own that may name a
            folder.
    """
    if path.suffix == ".py":
        return read_published(path)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file in UTF-8; write a line for each stimulus") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, _, text = line.strip().replace("\t", " ").partition(" ")
        if not _ID.fullmatch(name) or name in (PLAIN, *found) or not text.strip():
            raise InputError(
                f"{line_place(path, number)}: needs an id of its own, of letters and digits and not {PLAIN!r}, a blank "
                "and a text"
            )
        found[name] = " ".join(text.split())
    if not found:
        raise InputError(f"{path}: holds no stimulus; write an id and a text on each line")
    return found


def write_stimulated(questions: Path, stimuli: Path, out: Path, *, place: str = BEFORE) -> list[str]:
    """Write `out`/ID/questions.jsonl for the plain questions and for each stimulus, and return the ids, `plain` first.

    A stimulus stands on a line of its own before or after the question, as `place` says, and under the key `stimulus`; ids,
    media and options stay, so that answers are scored by the same gold and the report compares the runs by question.

    Raises:
        InputError: a file cannot be read, see `read_stimuli` and `read_questions`, or one that is there holds something else;
            nothing is written then.
    """
    texts = {PLAIN: "", **read_stimuli(stimuli)}
    read_questions(questions)
    entries = [entry for _, _, entry in read_entries(questions)]
    made = {}
    for name, stimulus in texts.items():
        words = neutral(stimulus)
        made[out / name / "questions.jsonl"] = b"".join(_line(entry, words, place) for entry in entries)
    write_once(made)
    return list(texts)


def _line(entry: dict[str, Any], words: str, place: str) -> bytes:
    lines = [words, entry["text"]] if place == BEFORE else [entry["text"], words]
    changes = {"text": "\n".join(lines), "stimulus": words} if words else {}
    return orjson.dumps(entry | changes, option=orjson.OPT_APPEND_NEWLINE)
