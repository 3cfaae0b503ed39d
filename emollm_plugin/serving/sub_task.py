"""One of EmoBench's sub-tasks asked about a picture, clip or sound as the model learned it: in steps, if it learned these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from emobench_data.io.errors import InputError
from emobench_data.schema.parsing import chain
from emobench_data.schema.questions import Question
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import DIRECT, Task, get_task, question, quoted

from ..checkpoints.notes import reasoned, sub_tasks
from ..evaluation.eyes import Seen
from ..evaluation.predictor import Asked, Predictor

TOKENS = 192  # of reasons, and of an answer to a question of one's own
ANSWER_ALONE = "trained to answer this without reasons, so it gives none"
NEVER_CLOSES = "its reasons never come to an answer"


class About(NamedTuple):
    """A sub-task by name, and the words that belong to the picture or clip, such as its caption."""

    task: str
    words: str = ""


def ask_about(predictor: Predictor, seen: Sequence[Seen], about: About, labels: Sequence[str] | None) -> list[dict[str, Any]]:
    """What the sub-task `about` comes to for each of `seen`: reasons where there are any, the likeliest label behind them.

    Args:
        labels: default: Yes and No, or those that the model was trained on.

    Returns:
        `task` and `words` as asked, `label`, `confidence` (its probability), `probabilities`, and `rationale` and `note` as
        `ask_all` has them. The label is empty where the model's reasons never close.

    Raises:
        InputError: the sub-task is unknown, the model never learned it, or its labels are not known.
    """
    task, config = get_task(about.task), predictor.model.config
    learned = sub_tasks(config)
    if learned and task.name not in learned:
        raise InputError(f"--task {task.name}: the checkpoint was trained on {', '.join(learned)}; name one of these")
    chosen = tuple(task.type.choices(()) or labels or learned.get(task.name) or ())
    if not chosen:
        raise InputError(f"--task {task.name}: the checkpoint does not note the labels of it; give --labels")
    form = (reasoned(config) or {}).get(task.name, DIRECT)
    asked = [_question(each, task, about.words, chosen, form) for each in seen]
    try:
        ready = [predictor.ask(each, one.text, picture=f"about/{place}") for place, (each, one) in enumerate(zip(seen, asked))]
        return [_report(about, *found) for found in _answers(predictor, ready, asked)]
    finally:
        predictor.forget()  # what comes next has the same names


def _question(seen: Seen, task: Task, words: str, labels: tuple[str, ...], form: str) -> Question:
    media = tuple(Medium(kind, "asked") for kind in seen.kinds)
    record = Record(
        source="own",
        item="asked",
        task=task.name,
        media=media,
        answer=labels[0],
        options=labels if task.type.takes_options else (),
        text=quoted("Caption", words),
    )
    return Question("asked", question(record, training=False, form=form), media, labels, form=form)


def _answers(
    predictor: Predictor, ready: Sequence[Asked], asked: Sequence[Question]
) -> list[tuple[dict[str, float], str, str]]:
    """Probabilities, reasons, and why there are none."""
    if not asked[0].reasoned:
        return [(shares, "", ANSWER_ALONE) for shares in predictor.probabilities_batch(ready, [one.options for one in asked])]
    found = predictor.score_batch(ready, asked, max_new_tokens=TOKENS)
    return [(shares, chain(text) or "", "") if shares else ({}, text, NEVER_CLOSES) for text, shares in found]


def _report(about: About, shares: dict[str, float], rationale: str, note: str) -> dict[str, Any]:
    label = max(shares, key=shares.__getitem__) if shares else ""
    return {
        "task": about.task,
        "words": about.words,
        "label": label,
        "confidence": shares.get(label, 0.0),
        "probabilities": shares,
        "rationale": rationale,
        "note": note,
    }
