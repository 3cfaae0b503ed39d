"""The report as one HTML page without any outside part. Everything that comes from a file is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..schema.items import Item
from ..schema.types import LABELS
from ..scoring.gold import task_title
from . import tables
from .pictures import confusion_svg, thumbnail
from .runs import Run
from .tables import Table

INTERVALS_NOTE = (
    "Overall is the mean of the sub-tasks. Intervals of accuracies and of the overall are Wilson's, with the effective number "
    "of questions where these have groups; of differences, MOVER from those."
)
CONFUSIONS, EXAMPLES, LONGEST = 3, 4, 60  # worst confusions a sub-task, pictures of each, characters of an answer

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #222; background: #fff;
  max-width: 1180px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .6rem; border-bottom: 2px solid #2563a8; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .4rem; } p.note { color: #666; margin: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .65rem; border-bottom: 1px solid #e3e3e3; text-align: right; white-space: nowrap; }
th { background: #f4f6f9; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
tbody tr:hover { background: #fafbfd; }
table.words td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
table.words td:first-child { white-space: nowrap; vertical-align: top; color: #555; }
.figures { display: flex; flex-wrap: wrap; gap: 1.4rem; } figure { margin: 0; max-width: 100%; overflow-x: auto; }
figcaption { font-weight: 600; font-size: .92rem; } svg text { font-size: 11px; font-family: inherit; }
.examples { display: flex; flex-wrap: wrap; gap: .8rem; }
.card { width: 132px; font-size: .76rem; overflow-wrap: anywhere; }
.card img, .card .none { display: block; max-width: 112px; border-radius: 4px; }
.card .none { background: #f1f1f1; color: #777; padding: .8rem .4rem; }
.warning { background: #fff4e0; border-left: 4px solid #d98a00; padding: .5rem .8rem; } summary { cursor: pointer; }
"""


def page(runs: Sequence[Run]) -> str:
    """The whole page."""
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>EmoBench report</title><style>{_STYLE}</style></head><body>",
        f"<h1>EmoBench report</h1><p class=note>{escape(', '.join(run.name for run in runs))}</p>",
        *(f'<p class="warning">{escape(run.name)}: {escape(note)}</p>' for run in runs for note in run.notes),
        *_section("Scores", tables.overall(runs), INTERVALS_NOTE),
        *_section("General ability", tables.general(runs)),
        *_section(
            "Comparison",
            tables.comparisons(runs),
            "Lost: the first run does better; won: the other. McNemar's exact test, two-sided, by group where "
            "questions have groups, not corrected for several tests.",
        ),
    ]
    for run in runs:
        parts += _run(run)
    return "\n".join([*parts, "</body></html>\n"])


def html_table(table: Table, kind: str = "") -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return (
        f"<h3>{escape(table.title)}</h3><div class=scroll><table class='{kind}'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>" + (f"<p class=note>{escape(table.note)}</p>" if table.note else "")
    )


def _section(title: str, found: Sequence[Table], note: str = "") -> list[str]:
    if not found:
        return []
    return [f"<h2>{title}</h2>", *map(html_table, found), f"<p class=note>{escape(note)}</p>"]


def _run(run: Run) -> Iterator[str]:
    yield f"<h2>Run {escape(run.name)}</h2>"
    yield html_table(tables.by_source(run))
    yield from map(html_table, [*tables.families(run), *tables.extras(run)])
    yield "<h3>Confusion: rows are the gold, columns the answers</h3><div class=figures>"
    for task, figures in run.result["tasks"].items():
        title = task_title(task)
        yield f"<figure><figcaption>{title}</figcaption>{confusion_svg(figures['confusion'], title)}</figure>"
    yield "</div><h3>Worst confusions</h3>"
    for task in run.result["tasks"]:
        wrong = [item for item in run.items if item.gold.task == task and not item.right]
        yield from _confusions(run, task, [item for item in wrong if item.gold.type.family == LABELS])
    yield html_table(Table("Conditions", ["what", "value"], list(_conditions(run))), "words")


def _confusions(run: Run, task: str, wrong: Sequence[Item]) -> Iterator[str]:
    worst = Counter((item.truth, item.guess) for item in wrong).most_common(CONFUSIONS)
    if not worst:
        return
    hateful = task == "hate"
    yield f"<details{'' if hateful else ' open'}><summary><b>{task_title(task)}</b>"
    yield f"{' (may show hateful content)' if hateful else ''}</summary>"
    for (truth, guess), n in worst:
        yield f"<p>{escape(truth)} taken for {escape(guess)}: {n} times</p><div class=examples>"
        for item in [item for item in wrong if (item.truth, item.guess) == (truth, guess)][:EXAMPLES]:
            yield _card(run, item)
        yield "</div>"
    yield "</details>"


def _card(run: Run, item: Item) -> str:
    media = run.asked[item.question].media
    shown = "".join(_thumbnail(run.media, one.path) for one in media) or "<span class=none>text only</span>"
    said = item.answer.said if item.answer else "(no answer)"
    said = said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
    return f"<div class=card>{shown}{escape(item.question)}<br><i>{escape(said)}</i></div>"


def _thumbnail(root: Path | None, path: str) -> str:
    picture, reason = thumbnail(root, path)
    return f'<img alt="" src="{picture}">' if picture else f"<span class=none>{escape(reason)}</span>"


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
