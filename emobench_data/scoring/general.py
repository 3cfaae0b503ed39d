"""General ability, for what fine-tuning makes a model forget: any LLaVA question file with short answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..llava_files import line_place, read_entries
from ..metrics import share
from ..parsing import conclusion, normal
from ..questions import read_asked
from .figures import INTERVALS, with_interval
from .gold import check_complete, read_answers


class GeneralItem(NamedTuple):
    """One question scored; `right` is None where there is no answer, which counts as wrong."""

    question: str
    right: bool | None


def score_general(name: str, questions_path: Path, gold_path: Path, predictions_path: Path) -> dict[str, Any]:
    """Exact match after normalisation, against gold lines `{question_id, answer}` or `{question_id, answers: [...]}`.

    Returns:
        `general`: `name` -> `accuracy`, its `interval`, `majority` (the best single answer), `n`, `missing`; and
        `missing_ids`. `overall` is None and `tasks` empty: this never enters the mean of the six sub-tasks.

    Raises:
        InputError: as `scoring.score`, or a gold line without answers.
    """
    items, accepts = read_general(questions_path, gold_path, predictions_path)
    missing = [item.question for item in items if item.right is None]
    figures = {
        **with_interval(share([bool(item.right) for item in items], range(len(items)))),
        "majority": max(accepts.values()) / len(items),
        "n": len(items),
        "missing": len(missing),
    }
    return {"overall": None, "tasks": {}, "general": {name: figures}, "missing_ids": missing, "intervals": INTERVALS}


def read_general(
    questions_path: Path, gold_path: Path, predictions_path: Path
) -> tuple[list[GeneralItem], Counter[str]]:
    """Every question asked, scored, and how many of them each answer would be right for."""
    asked = read_asked(questions_path)
    gold = {
        question: _accepted(line_place(gold_path, number), entry)
        for question, number, entry in read_entries(gold_path)
        if question in asked
    }
    check_complete(gold, gold_path, questions_path, asked)
    answers = read_answers(predictions_path, asked)
    items = []
    for question in asked:
        answer = answers.get(question)
        items.append(GeneralItem(question, answer and normal(conclusion(answer.text)) in gold[question]))
    return items, Counter(label for question in asked for label in gold[question])


def _accepted(place: str, entry: dict[str, Any]) -> frozenset[str]:
    answers = entry.get("answers", [entry.get("answer")])
    if not isinstance(answers, list) or not answers or not all(isinstance(a, str) and a.strip() for a in answers):
        raise InputError(f"{place}: no answer; it needs a string under 'answer', or a list of them under 'answers'")
    return frozenset(map(normal, answers))
