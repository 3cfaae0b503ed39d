"""Score a model's answers: strict, deterministic, and over every question that was asked."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from ..questions import Question, read_asked
from ..tasks import TASKS
from .cells import DRAWS, LEVEL, SEED, interval
from .figures import Item, task_figures
from .gold import read_answers, read_gold
from .reader import AMBIGUOUS, MISSING, UNPARSED, Reader

BOOTSTRAP = {"seed": SEED, "draws": DRAWS, "level": LEVEL, "unit": "question"}


def score(questions_path: Path, gold_path: Path, predictions_path: Path) -> dict[str, Any]:
    """Compare the `text` of each line in `predictions_path` with the gold.

    The question file is the denominator: a question without an answer is wrong, and named in `missing_ids`. An answer
    is right if it names one label (see `parsing`) and that is an accepted one; see `reader` for open sets.

    Returns:
        `overall` (mean of the sub-tasks' accuracies) with its `overall_interval`, `overall_majority` and
        `overall_random`; `tasks` (name -> figures, see `figures`); `missing_ids`, `unparsed_ids`, `ambiguous_ids`;
        `prompts` (the first question of each sub-task, as asked); `bootstrap` (how the 95 % intervals were drawn).

    Raises:
        InputError: a file is missing, empty or has a line that is not valid; a question id occurs twice, is unknown, or
            has no gold. The message names the file and the line.
    """
    asked = read_asked(questions_path)
    return summarise(read_items(asked, questions_path, gold_path, predictions_path), asked)


def read_items(
    asked: Mapping[str, Question], questions_path: Path, gold_path: Path, predictions_path: Path
) -> list[Item]:
    """Every question asked, scored, in the order of the question file. Raises as `score` does."""
    gold = read_gold(gold_path, questions_path, asked)
    answers = read_answers(predictions_path, asked)
    reader = Reader(dict.fromkeys(gold.values()))
    items = []
    for question in asked:
        own, answer = gold[question], answers.get(question)
        items.append(Item(question, own, answer, *reader.read(own, answer.text if answer else None)))
    return items


def summarise(items: Sequence[Item], asked: Mapping[str, Question]) -> dict[str, Any]:
    """What `score` returns, for items that are read already."""
    rows: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        rows[item.gold.task].append(item)
    scored = {task: task_figures(task, rows[task]) for task in TASKS if task in rows}
    tasks = {task: figures for task, (figures, _) in scored.items()}
    return {
        "overall": _mean(tasks, "accuracy"),
        # Sub-tasks are drawn apart, so that the mean of their draws is a draw of the mean.
        "overall_interval": interval(np.mean([draws for _, draws in scored.values()], axis=0)),
        "overall_majority": _mean(tasks, "majority"),
        "overall_random": _mean(tasks, "random"),
        "tasks": tasks,
        "missing_ids": [item.question for item in items if item.guess == MISSING],
        "unparsed_ids": [item.question for item in items if item.guess == UNPARSED],
        "ambiguous_ids": [item.question for item in items if item.guess == AMBIGUOUS],
        "prompts": {task: asked[rows[task][0].question].text for task in tasks},
        "bootstrap": BOOTSTRAP,
    }


def _mean(tasks: Mapping[str, dict[str, Any]], figure: str) -> float:
    return sum(figures[figure] for figures in tasks.values()) / len(tasks)
