"""Score a model's answers: strict, deterministic, and over every question that was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..io.llava_files import readable
from ..metrics import mean_of, numbered, share
from ..schema.items import AMBIGUOUS, MISSING, UNPARSED, Item
from ..schema.parsing import normal
from ..schema.questions import Question, read_asked
from ..schema.tasks import TASKS, find_task, in_order
from ..schema.types import LABELS, family_type
from .answers import read_answers
from .chain_faults import listed
from .faithfulness import faithfulness_by_task, read_gold_steps
from .gold import OWN, read_gold
from .intervals import INTERVALS
from .reader import NO_LABEL, read

Given = Path | str | Iterable[Mapping[str, Any]]


def score(questions: Given, gold: Given, answers: Given) -> dict[str, Any]:
    """Compare the `text` of each line in `answers` with the gold, whose form the module `gold` says.

    Each of the three is a path, or the objects that the lines of such a file hold.

    The question file is the denominator: a question without an answer is wrong, and named in `missing_ids`. An answer
    is right if it names one label (see `parsing`) and that is an accepted one; see `schema.types` for the others.

    Returns:
        `overall` (mean of the accuracies of the six sub-tasks, as far as they are there; None without any) with its
        `overall_interval`, `overall_majority` and `overall_random`; `tasks` (name -> figures, see `schema.types`);
        `missing_ids`, `unparsed_ids`, `ambiguous_ids`; `prompts` (the first question of each sub-task, as asked); `intervals`
        (how the 95 % intervals were made); where questions ask for reasons, `reason_faults` (kind of fault -> ids) and in some
        sub-tasks `faithfulness`; and where there are tasks whose answers are no labels, `families` (family of the task type ->
        task -> figures), and `means` over the tasks that are parts of one.

    Raises:
        InputError: a file is missing, empty or has a line that is not valid; a question id occurs twice, is unknown, or
            has no gold. The message names the file and the line.
    """
    asked = read_asked(readable(questions, "questions"))
    items = read_items(asked, questions, gold, answers)
    return with_reasons(summarise(items, asked), items, asked, gold)


def read_items(asked: Mapping[str, Question], questions: Given, gold: Given, answers: Given) -> list[Item]:
    """Every question asked, scored, in the order of the question file. Raises as `score` does."""
    right, units = read_gold(readable(gold, "gold"), readable(questions, "questions"), asked)
    said = read_answers(readable(answers, "answers"), asked)
    items, labels = [], Spelling()
    for question, one in asked.items():
        own, answer = right[question], said.get(question)
        truth, guess = read(own, one.text, answer and answer.text)
        if own.type.family == LABELS:
            truth, guess = labels[truth], labels[guess]
        items.append(Item(question, own, answer, truth, guess, units[question]))
    return items


class Spelling(dict[str, str]):
    """Labels that differ in case or signs alone, such as those of two sources, as they are spelled first."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def __missing__(self, label: str) -> str:
        self[label] = label if label in NO_LABEL else self._first.setdefault(normal(label), label)
        return self[label]


def with_reasons(result: dict[str, Any], items: Sequence[Item], asked: Mapping[str, Question], gold: Given) -> dict[str, Any]:
    """`result` with what is said of reasons where questions ask for them.

    `reason_faults` (kind -> ids, see `chain_faults`) and, in the sub-tasks that are asked in steps, `faithfulness`.

    Raises:
        InputError: a line of the gold has steps that are none.
    """
    if not any(one.reasoned for one in asked.values()):
        return result
    wanted = read_gold_steps(readable(gold, "gold"))
    for task, figures in faithfulness_by_task(items, asked, wanted).items():
        tables = (result["tasks"], *result.get("families", {}).values())
        next(table for table in tables if task in table)[task]["faithfulness"] = figures
    return result | {"reason_faults": listed(items, asked, wanted)}


def summarise(items: Sequence[Item], asked: Mapping[str, Question]) -> dict[str, Any]:
    """What `score` returns, for items that are read already."""
    families = _by_family(items)
    rows = families.pop(LABELS, {})
    known: dict[str, int] = {}
    units = {task: numbered([item.unit for item in own], known) for task, own in rows.items()}
    scored = {task: own[0].gold.type.measure(own, units[task]) for task, own in rows.items()}
    tasks = {task: measured.figures for task, measured in scored.items()}
    # Sub-tasks may ask about the same items.
    shares = [share(measured.credits, units[task], len(known)) for task, measured in scored.items() if task in TASKS]
    total = mean_of(shares) if shares else None
    found = {
        "overall": total.value if total else None,
        "overall_interval": [total.low, total.high] if total else None,
        "overall_majority": _mean(tasks, "majority"),
        "overall_random": _mean(tasks, "random"),
        "tasks": tasks,
        "missing_ids": [item.question for item in items if item.guess == MISSING],
        "unparsed_ids": [item.question for item in items if item.guess == UNPARSED],
        "ambiguous_ids": [item.question for item in items if item.guess == AMBIGUOUS],
        "prompts": {task: asked[own[0].question].text for family in (rows, *families.values()) for task, own in family.items()},
        "intervals": INTERVALS,
    }
    if families:
        measured = {name: _measured(own) for name, own in sorted(families.items())}
        found |= {"families": measured} | ({"means": means} if (means := _means(measured)) else {})
    return found


def _by_family(items: Sequence[Item]) -> dict[str, dict[str, list[Item]]]:
    """Items by the family of their task's type, and by task; tasks in the order in which they are shown."""
    rows: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        rows[item.gold.task].append(item)
    found: dict[str, dict[str, list[Item]]] = {}
    own = rows.pop(OWN, [])  # the one task whose questions may be of several types
    for task in in_order(rows):
        found.setdefault(rows[task][0].gold.type.family, {})[task] = rows[task]
    for item in own:
        found.setdefault(item.gold.type.family, {}).setdefault(OWN, []).append(item)
    return found


def _measured(rows: Mapping[str, list[Item]]) -> dict[str, dict[str, Any]]:
    """Task -> figures, of a family that has a table of its own."""
    units = {task: numbered([item.unit for item in own], {}) for task, own in rows.items()}
    return {task: own[0].gold.type.measure(own, units[task]).figures for task, own in rows.items()}


def _means(families: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name -> the family, the tasks that are parts of it, and the mean of the figure that counts; None where one has none."""
    found: dict[str, dict[str, Any]] = {}
    for family, tasks in families.items():
        main = family_type(family).main
        for task, figures in tasks.items():
            known = find_task(task)
            if known and known.part_of:
                own = found.setdefault(known.part_of, {"family": family, "tasks": [], main: []})
                own["tasks"].append(task)
                own[main].append(figures[main])
    for own in found.values():
        main = family_type(own["family"]).main
        own[main] = None if None in own[main] else sum(own[main]) / len(own[main])
    return found


def _mean(tasks: Mapping[str, dict[str, Any]], figure: str) -> float | None:
    values = [figures[figure] for task, figures in tasks.items() if task in TASKS]
    return sum(values) / len(values) if values else None
