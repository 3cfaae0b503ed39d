"""Score a model's answers: strict, deterministic, and over every question that was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..metrics import mean_of, share
from ..schema.parsing import normal
from ..schema.questions import Question, read_asked
from ..schema.tasks import TASKS
from .answers import read_answers
from .faithfulness import faithfulness_by_task
from .figures import INTERVALS, Item, numbered, task_figures
from .gold import OWN, read_gold
from .reader import AMBIGUOUS, MISSING, NO_LABEL, UNPARSED, read


def score(questions_path: Path | str, gold_path: Path | str, predictions_path: Path | str) -> dict[str, Any]:
    """Compare the `text` of each line in `predictions_path` with the gold, whose form `gold` says.

    The question file is the denominator: a question without an answer is wrong, and named in `missing_ids`. An answer
    is right if it names one label (see `parsing`) and that is an accepted one; see `reader` for open sets.

    Returns:
        `overall` (mean of the accuracies of the six sub-tasks, as far as they are there; None without any) with its
        `overall_interval`, `overall_majority` and `overall_random`; `tasks` (name -> figures, see `figures`); `missing_ids`,
        `unparsed_ids`, `ambiguous_ids`; `prompts` (the first question of each sub-task, as asked); `intervals` (how the 95 %
        intervals were made).

    Raises:
        InputError: a file is missing, empty or has a line that is not valid; a question id occurs twice, is unknown, or
            has no gold. The message names the file and the line.
    """
    asked = read_asked(questions_path)
    items = read_items(asked, questions_path, gold_path, predictions_path)
    return with_faithfulness(summarise(items, asked), items, asked, gold_path)


def read_items(
    asked: Mapping[str, Question], questions_path: Path | str, gold_path: Path | str, predictions_path: Path | str
) -> list[Item]:
    """Every question asked, scored, in the order of the question file. Raises as `score` does."""
    gold, units = read_gold(gold_path, questions_path, asked)
    answers = read_answers(predictions_path, asked)
    items, labels = [], Spelling()
    for question, one in asked.items():
        own, answer = gold[question], answers.get(question)
        truth, guess = read(own, one.text, answer and answer.text)
        items.append(Item(question, own, answer, labels[truth], labels[guess], units[question]))
    return items


class Spelling(dict[str, str]):
    """Labels that differ in case or signs alone, such as those of two sources, as they are spelled first."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def __missing__(self, label: str) -> str:
        self[label] = label if label in NO_LABEL else self._first.setdefault(normal(label), label)
        return self[label]


def with_faithfulness(
    result: dict[str, Any], items: Sequence[Item], asked: Mapping[str, Question], gold_path: Path | str
) -> dict[str, Any]:
    """`result` with `faithfulness` in the sub-tasks that are asked in steps; raises as that does."""
    for task, figures in faithfulness_by_task(items, asked, gold_path).items():
        result["tasks"][task]["faithfulness"] = figures
    return result


def summarise(items: Sequence[Item], asked: Mapping[str, Question]) -> dict[str, Any]:
    """What `score` returns, for items that are read already."""
    rows: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        rows[item.gold.task].append(item)
    known: dict[str, int] = {}
    units = {task: numbered([item.unit for item in rows[task]], known) for task in (*TASKS, OWN) if task in rows}
    scored = {task: task_figures(rows[task], own) for task, own in units.items()}
    tasks = {task: figures for task, (figures, _) in scored.items()}
    # Sub-tasks may ask about the same items.
    shares = [share(right, units[task], len(known)) for task, (_, right) in scored.items() if task in TASKS]
    total = mean_of(shares) if shares else None
    return {
        "overall": total.value if total else None,
        "overall_interval": [total.low, total.high] if total else None,
        "overall_majority": _mean(tasks, "majority"),
        "overall_random": _mean(tasks, "random"),
        "tasks": tasks,
        "missing_ids": [item.question for item in items if item.guess == MISSING],
        "unparsed_ids": [item.question for item in items if item.guess == UNPARSED],
        "ambiguous_ids": [item.question for item in items if item.guess == AMBIGUOUS],
        "prompts": {task: asked[rows[task][0].question].text for task in tasks},
        "intervals": INTERVALS,
    }


def _mean(tasks: Mapping[str, dict[str, Any]], figure: str) -> float | None:
    values = [figures[figure] for task, figures in tasks.items() if task in TASKS]
    return sum(values) / len(values) if values else None
