"""General ability, for what fine-tuning makes a model forget: any LLaVA question file with short answers.

A gold line is `{question_id, answer}`, or has a list of answers in its place:

- `answers`: each of them is right, where a list gives the ways to say it;
- `annotators`: what each annotator answered, at least four of them, of which an answer counts for as much as VQA accuracy
  says. So do `answers` that are ten, as VQA v2, VizWiz, OK-VQA and TextVQA have them, that are objects with an `answer` each,
  as in VQA v2's own file, or among four or more of which one stands twice.

Lines with the same `group` hang together (the questions about one picture), and intervals take them as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..io.errors import InputError
from ..io.llava_files import line_place, read_entries
from ..metrics import numbered, share, with_interval
from ..schema.parsing import conclusion, normal
from ..schema.questions import read_asked
from .answers import read_answers
from .gold import check_complete
from .intervals import INTERVALS

ANNOTATORS, FEWEST = 10, 4


class GeneralItem(NamedTuple):
    """One question scored, from 0 to 1; `credit` is None where there is no answer, which counts as 0."""

    question: str
    credit: float | None
    unit: str


class GeneralGold(NamedTuple):
    """What each answer, in its normal form, counts for; whether annotators gave them; and the question's unit."""

    credits: Mapping[str, float]
    annotated: bool
    unit: str


def score_general(name: str, questions_path: Path | str, gold_path: Path | str, predictions_path: Path | str) -> dict[str, Any]:
    """Exact match after normalisation, or VQA accuracy where the gold has annotators' answers (see the module).

    Returns:
        `general`: `name` -> `accuracy`, its `interval`, `majority` (the best single answer), `n`, `annotated` (how many
        questions are counted by VQA accuracy), `missing`; and `missing_ids`. `overall` is None and `tasks` empty: this never
        enters the mean of the six sub-tasks.

    Raises:
        InputError: as `scoring.score`, or a gold line without answers.
    """
    items, golds = read_general(questions_path, gold_path, predictions_path)
    missing = [item.question for item in items if item.credit is None]
    best = Counter[str]()
    for gold in golds:
        best.update(gold.credits)
    figures = {
        **with_interval(share([item.credit or 0.0 for item in items], numbered([item.unit for item in items], {}))),
        "majority": max(best.values()) / len(items),
        "n": len(items),
        "annotated": sum(gold.annotated for gold in golds),
        "missing": len(missing),
    }
    return {"overall": None, "tasks": {}, "general": {name: figures}, "missing_ids": missing, "intervals": INTERVALS}


def read_general(
    questions_path: Path | str, gold_path: Path | str, predictions_path: Path | str
) -> tuple[list[GeneralItem], list[GeneralGold]]:
    """Every question asked, scored, and its gold."""
    asked = read_asked(questions_path)
    gold = {
        question: _gold(line_place(gold_path, number), question, entry)
        for question, number, entry in read_entries(gold_path)
        if question in asked
    }
    check_complete(gold, gold_path, questions_path, asked)
    answers = read_answers(predictions_path, asked)
    items = []
    for question in asked:
        answer, own = answers.get(question), gold[question]
        credit = None if answer is None else own.credits.get(normal(conclusion(answer.text)), 0.0)
        items.append(GeneralItem(question, credit, own.unit))
    return items, [gold[question] for question in asked]


def vqa_accuracy(same: int, annotators: int) -> float:
    """What an answer counts for that `same` of `annotators` gave.

    min(n / 3, 1) of the other annotators' answers, in the mean over leaving each one out: the official form of VQA accuracy
    (Antol et al., 2015, arXiv 1505.00468; visualqa.org/evaluation.html), by which 3 of 10 give 0.9. Answers are compared in
    our normal form, which keeps articles and numbers as they are.
    """
    without_one, without_another = min((same - 1) / 3, 1), min(same / 3, 1)
    return (same * without_one + (annotators - same) * without_another) / annotators


def _gold(place: str, question: str, entry: dict[str, Any]) -> GeneralGold:
    said = entry.get("annotators", entry.get("answers", [entry.get("answer")]))
    objects = isinstance(said, list) and any(isinstance(one, dict) for one in said)
    answers = [one.get("answer") if isinstance(one, dict) else one for one in said] if isinstance(said, list) else []
    if not answers or not all(isinstance(answer, str) and answer.strip() for answer in answers):
        raise InputError(
            f"{place}: no answer; it needs a string under 'answer', or a list of them under 'answers' or 'annotators'"
        )
    if "annotators" in entry and len(answers) < FEWEST:
        raise InputError(f"{place}: {len(answers)} annotators, of whom none can give a whole point; it takes {FEWEST}")
    several = len(answers) >= FEWEST and (objects or len(set(answers)) < len(answers))
    annotated = "annotators" in entry or len(answers) == ANNOTATORS or several
    group = entry.get("group") or question
    if not isinstance(group, str):
        raise InputError(f"{place}: the group {group!r} is no string")
    return GeneralGold(_credits(tuple(answers), annotated), annotated, group)


@lru_cache(maxsize=4096)
def _credits(answers: tuple[str, ...], annotated: bool) -> Mapping[str, float]:
    counts = Counter(map(normal, answers))
    return {answer: vqa_accuracy(n, len(answers)) if annotated else 1.0 for answer, n in counts.items()}
