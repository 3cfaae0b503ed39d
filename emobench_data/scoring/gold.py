"""Read what was asked, what is right, and what was answered; malformed input is an error with file and line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple

from ..errors import InputError
from ..llava_files import line_place, read_entries
from ..parsing import closing, normal, spoken
from ..questions import Question
from ..tasks import TASKS

NO_SOURCE = "(unnamed)"


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """The answer to one question. `accepted` holds labels in their normal form.

    Questions with the same answer share one object, which is counted by identity: hashing the fields would take longer
    than all the rest of scoring.
    """

    source: str
    task: str
    kind: str
    answer: str
    accepted: frozenset[str]
    options: tuple[str, ...]
    suffix: str  # of the ids of its questions, where they were written here


class Answer(NamedTuple):
    """What counts of what a model `said`: all of it but its thoughts, or the closing line of a guided answer.

    `probabilities` are those of the labels where the evaluator kept them (`metadata.probabilities`).
    """

    text: str
    probabilities: dict[str, float] | None
    said: str


def read_gold(path: Path, questions_path: Path, asked: Mapping[str, Question]) -> tuple[dict[str, Gold], dict[str, str]]:
    """Question id -> gold, for the questions that were asked; and question id -> unit.

    A unit is what questions that hang together have in common: their source's `group` or, between sub-tasks, the item's id.
    """
    gold, units = {}, {}
    for question, number, entry in read_entries(path):
        if question in asked:
            own = gold[question] = _gold(path, number, entry)
            group = entry.get("group")
            units[question] = _group(group, own, path, number) if group else question.removesuffix(own.suffix)
    check_complete(gold, path, questions_path, asked)
    return gold, units


def check_complete(
    gold: Iterable[str], path: Path, questions_path: Path, asked: Mapping[str, Question]
) -> None:
    """Raise `InputError` for the first question without gold."""
    known = set(gold)
    for question, own in asked.items():
        if question not in known:
            place = line_place(questions_path, own.line)
            raise InputError(f"{place}: {path} holds no answer to {question!r}; take the pair of one conversion")


def read_answers(path: Path, asked: Mapping[str, Question]) -> dict[str, Answer]:
    """Question id -> answer; a question may have none."""
    answers = {}
    for question, number, entry in read_entries(path):
        if question not in asked:
            place = line_place(path, number)
            raise InputError(f"{place}: question {question!r} is not in the question file; score with the one asked")
        if not isinstance(entry.get("text"), str):
            place = line_place(path, number)
            raise InputError(f"{place}: no string under 'text'; expected the answer file of LLaVA's eval scripts")
        metadata = entry.get("metadata")
        probabilities = _probabilities(path, number, metadata) if metadata else None
        said = entry["text"]
        answers[question] = Answer(closing(said) if asked[question].guided else spoken(said), probabilities, said)
    if answers and all(answer.said == asked[question].text for question, answer in answers.items()):
        raise InputError(f"{path}: holds the questions themselves; give the answer file of LLaVA's eval scripts")
    return answers


def _gold(path: Path, number: int, entry: dict[str, Any]) -> Gold:
    task, answer, source = entry.get("task"), entry.get("answer"), entry.get("source", NO_SOURCE)
    accepted, options = entry.get("accepted", [answer]), entry.get("options", [])
    lists = all(isinstance(part, list) and {*map(type, part)} <= {str} for part in (accepted, options))
    if not (isinstance(task, str) and task in TASKS and isinstance(answer, str) and lists and answer in accepted):
        raise InputError(
            f"{line_place(path, number)}: not a gold answer; it needs a known task, and an answer that is among the "
            "accepted (a plain file of short answers is scored with --general NAME)"
        )
    if not isinstance(source, str):
        raise InputError(f"{line_place(path, number)}: the source {source!r} is no string")
    if TASKS[task].kind == "closed" and answer not in options:
        raise InputError(f"{line_place(path, number)}: the answer {answer!r} is not among the options")
    return _parsed_gold(source, task, answer, tuple(accepted), tuple(options))


def _group(group: Any, gold: Gold, path: Path, number: int) -> str:
    if not isinstance(group, str):
        raise InputError(f"{line_place(path, number)}: the group {group!r} is no string")
    return f"{gold.source}\0{group}"


@lru_cache(maxsize=4096)
def _parsed_gold(
    source: str, task: str, answer: str, accepted: tuple[str, ...], options: tuple[str, ...]
) -> Gold:
    kind = TASKS[task].kind
    return Gold(source, task, kind, answer, frozenset(map(normal, accepted)), options, f"/{task}")


def _probabilities(path: Path, number: int, metadata: Any) -> dict[str, float] | None:
    values = metadata.get("probabilities") if isinstance(metadata, dict) else None
    if values is None:
        return None
    sound = isinstance(values, dict) and values and all(map(_is_share, values.values()))
    if not sound or sum(values.values()) > 1.001:
        raise InputError(
            f"{line_place(path, number)}: metadata.probabilities must give each label a number from 0 to 1, "
            "all together at most 1"
        )
    return values


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= 1
