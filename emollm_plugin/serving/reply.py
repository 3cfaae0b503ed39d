"""An answer to somebody who tells something: how they feel, which strategy of support fits, and what to say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from emobench_data.export.llava import show
from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import line_place, read_lines
from emobench_data.rationale.steps import TOWARDS
from emobench_data.schema.beyond.support import LISTENER, SPEAKER, so_far
from emobench_data.schema.parsing import closing, conclusion
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.steps import read_steps
from emobench_data.schema.tasks import STEPS

from ..checkpoints.notes import reasoned
from ..evaluation.eyes import Seen
from ..evaluation.predictor import Predictor
from .ask import learned

TASK = "reply"
TOKENS = 192  # of steps and reply
NO_STEPS = "trained to reply without steps, so it says no feeling and no strategy"
UNREADABLE = "its own words hold no steps that can be read"
_WHO = {SPEAKER.lower(): SPEAKER, LISTENER.lower(): LISTENER}
_LINE = re.compile(r"(\w+)\s*:\s*(.*)")
_KEYS = ("image", "video")


class Dialogue(NamedTuple):
    """What was said so far, `(who, words)`, and the picture or clip of its last turn, or None."""

    turns: Sequence[tuple[str, str]]
    medium: Path | None = None


def reply(predictor: Predictor, dialogue: Dialogue, *, situation: str = "", max_new_tokens: int = TOKENS) -> dict[str, Any]:
    """The listener's next turn, asked as it is trained: in steps, where the model learned these for replies.

    Returns:
        `emotion` and `strategy`, as the steps say them, empty where they do not; `steps`, all of them by name; `reply`; `note`,
        why there are none; and `trained_on`.

    Raises:
        InputError: the medium cannot be read.
    """
    config, seen = predictor.model.config, predictor.eyes.open(dialogue.medium) if dialogue.medium else None
    forms = reasoned(config)
    form = "direct" if forms is not None and TASK not in forms else STEPS
    asked = predictor.ask(seen, _question(dialogue, seen, situation, form))
    (said,) = predictor.answer_batch([asked], max_new_tokens=max_new_tokens)
    predictor.forget()
    steps = dict(read_steps(said)) if form == STEPS else {}
    return {
        "emotion": steps.get(TOWARDS["emotion"], ""),
        "strategy": steps.get(TOWARDS["strategy"], ""),
        "steps": steps,
        "reply": closing(said) or conclusion(said).strip(),
        "note": "" if steps else NO_STEPS if form != STEPS else UNREADABLE,
        "trained_on": learned(config),
    }


def _question(dialogue: Dialogue, seen: Seen | None, situation: str, form: str) -> str:
    """As `emobench_data` writes it for training and evaluation."""
    media = (Medium(seen.medium, "asked"),) if seen else ()
    record = Record("asked", "1", TASK, media, "...", text=so_far(dialogue.turns, situation=situation))
    return show(record, media, training=False, form=form).prompt


def turns_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """Turns that alternate, the last of them the speaker's.

    Raises:
        InputError: one is empty.
    """
    if not all(said.strip() for said in words):
        raise InputError("a turn is empty; give what was said, or leave it out")
    names = (SPEAKER, LISTENER)
    return [(names[(len(words) - 1 - place) % 2], said) for place, said in enumerate(words)]


def read_dialogue(path: Path) -> Dialogue:
    """A dialogue from a file.

    JSON lines (`*.jsonl`) are `{"role": "speaker" or "listener", "text": ...}`, of which the last may have an `image` or a
    `video`, relative to the file. Any other file is text with lines `Speaker: ...` and `Listener: ...`.

    Raises:
        InputError: it cannot be read, holds no turn, or a line is of another form.
    """
    if path.suffix == ".jsonl":
        dialogue = _from_json(path)
    else:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read ({error}); a dialogue is text in UTF-8") from error
        dialogue = Dialogue([_turn(path, number, line) for number, line in enumerate(lines, 1) if line.strip()])
    if not dialogue.turns:
        raise InputError(f"{path}: holds no turn; write lines such as 'Speaker: I lost my job.'")
    return dialogue


def _turn(path: Path, number: int, line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line.strip())
    if not match or match[1].lower() not in _WHO or not match[2]:
        raise InputError(f"{path}, line {number}: expected 'Speaker: ...' or 'Listener: ...'")
    return _WHO[match[1].lower()], match[2]


def _from_json(path: Path) -> Dialogue:
    turns: list[tuple[str, str]] = []
    medium: Path | None = None
    for number, entry in read_lines(path):
        who, said = _WHO.get(str(entry.get("role")).lower()), entry.get("text", "")
        named = [entry[key] for key in _KEYS if key in entry]
        if medium:
            raise InputError(f"{line_place(path, number)}: only the last turn may have a picture or clip")
        if not who or not isinstance(said, str) or len(named) > 1 or not all(isinstance(one, str) and one for one in named):
            keys = ", ".join(_KEYS)
            raise InputError(
                f"{line_place(path, number)}: expected role (speaker or listener), text, and at most one of {keys}"
            )
        medium = path.parent / named[0] if named else None
        if not (said.strip() or medium):
            raise InputError(f"{line_place(path, number)}: the turn is empty")
        turns += [(who, said)] if said.strip() else []
    return Dialogue(turns, medium)
