"""The report as one HTML page without any outside part, by `page.html.jinja`, which escapes all that it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ..schema.items import Item
from ..schema.types import LABELS
from ..scoring.gold import task_title
from . import tables
from .confusion import matrix
from .gains import NOTE as GAINS_NOTE
from .pictures import thumbnail
from .runs import Run
from .tables import Table

INTERVALS_NOTE = (
    "Overall is the mean of the sub-tasks. Intervals of accuracies and of the overall are Wilson's, with the effective number "
    "of questions where these have groups; of differences, MOVER from those."
)
_COMPARISON_NOTE = (
    "Lost: the first run does better; won: the other. McNemar's exact test, two-sided, by group where questions have groups, "
    "not corrected for several tests."
)
CONFUSIONS, EXAMPLES, LONGEST = 3, 4, 60  # worst confusions a sub-task, pictures of each, characters of an answer


def page(runs: Sequence[Run]) -> str:
    """The whole page."""
    sections = [
        {"title": "Scores", "tables": tables.overall(runs), "note": INTERVALS_NOTE},
        {"title": "General ability", "tables": tables.general(runs), "note": ""},
        {"title": "Comparison", "tables": tables.comparisons(runs), "note": _COMPARISON_NOTE},
        {"title": "Stimuli", "tables": tables.stimuli(runs), "note": GAINS_NOTE},
    ]
    return _template().render(sections=sections, runs=list(map(_run, runs)))


@cache
def _template() -> Template:
    loader = PackageLoader(__package__, "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html.jinja")


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "notes": run.notes,
        "tables": [tables.by_source(run), *tables.families(run), *tables.extras(run)],
        "matrices": [matrix(figures["confusion"], task_title(task)) for task, figures in run.result["tasks"].items()],
        "confused": [confused for task in run.result["tasks"] if (confused := _confused(run, task))["worst"]],
        "conditions": Table("Conditions", ["what", "value"], list(_conditions(run))),
    }


def _confused(run: Run, task: str) -> dict[str, Any]:
    """The labels of a sub-task that are most often taken for one another, with examples."""
    items = (item for item in run.items if item.gold.task == task and item.gold.type.family == LABELS)
    wrong = [item for item in items if not item.right]
    worst = []
    for (truth, guess), n in Counter((item.truth, item.guess) for item in wrong).most_common(CONFUSIONS):
        examples = [item for item in wrong if (item.truth, item.guess) == (truth, guess)][:EXAMPLES]
        worst.append({"truth": truth, "guess": guess, "n": n, "cards": [_card(run, item) for item in examples]})
    return {"title": task_title(task), "hateful": task == "hate", "worst": worst}


def _card(run: Run, item: Item) -> dict[str, Any]:
    media = [thumbnail(run.media, one.path) for one in run.asked[item.question].media] or [("", "text only")]
    said = item.answer.said if item.answer else "(no answer)"
    return {
        "media": [{"picture": picture, "reason": reason} for picture, reason in media],
        "question": item.question,
        "said": said if len(said) <= LONGEST else f"{said[:LONGEST]}…",
    }


def _conditions(run: Run) -> Iterator[list[str]]:
    yield from (list(row) for row in _flat("", run.conditions))
    for task, text in run.result["prompts"].items():
        yield [f"prompt, {task_title(task)} (first question)", text]


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, own in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), own)
    else:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
