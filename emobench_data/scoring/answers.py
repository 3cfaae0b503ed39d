"""Read what was answered; malformed input is an error with file and line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..io.errors import InputError
from ..io.llava_files import Readable, line_place, read_entries
from ..schema.items import Answer
from ..schema.parsing import closing, spoken
from ..schema.questions import Question


def read_answers(path: Readable, asked: Mapping[str, Question]) -> dict[str, Answer]:
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
        answers[question] = Answer(closing(said) if asked[question].reasoned else spoken(said), probabilities, said)
    if answers and all(answer.said == asked[question].text for question, answer in answers.items()):
        raise InputError(f"{path}: holds the questions themselves; give the answer file of LLaVA's eval scripts")
    return answers


def _probabilities(path: Readable, number: int, metadata: Any) -> dict[str, float] | None:
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
