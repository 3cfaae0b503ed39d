"""The rows that page and Markdown share: plain text cells, which each writer escapes in its own way."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ..scoring.table import percent
from ..tasks import TASKS
from .compare import Verdict, Verdicts, compare
from .runs import Run


class Table(NamedTuple):
    """A title, a head and rows; the first column is words, the others numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def overall(runs: Sequence[Run]) -> Table:
    """A row a run: the overall and each sub-task with its interval; the two baselines last."""
    tasks = [task for task in TASKS if any(task in run.result["tasks"] for run in runs)]
    rows = []
    for run in runs:
        figures = [run.result["tasks"].get(task) for task in tasks]
        total = _with_interval({"accuracy": run.result["overall"], "interval": run.result["overall_interval"]})
        rows.append([run.name, total, *map(_with_interval, figures)])
    first = runs[0].result
    for name in ("majority", "random"):
        own = [percent(first["tasks"][task][name]) if task in first["tasks"] else "" for task in tasks]
        rows.append([f"baseline: {name}", percent(first[f"overall_{name}"]), *own])
    return Table(
        "Accuracy in per cent, with 95 % intervals", ["run", "overall", *(TASKS[t].title for t in tasks)], rows
    )


def by_source(run: Run) -> Table:
    """A row a sub-task, and one for each of its sources where there are several."""
    head = ["sub-task", "n", "accuracy", "95 %", "majority", "random", "macro-F1", "UAR", "F1 Yes", "Yes-rate"]
    keys = ("n", "accuracy", "interval", "majority", "random", "macro_f1", "uar", "f1_yes", "yes_rate")
    keys += ("unparsed", "ambiguous", "missing")
    rows = []
    for task, figures in run.result["tasks"].items():
        rows.append([TASKS[task].title, *(percent(figures.get(key)) for key in keys)])
        for source, own in figures["sources"].items() if len(figures["sources"]) > 1 else ():
            rows.append([f"– {source}", *(percent(own.get(key)) for key in keys)])
    return Table("By sub-task and source", [*head, "unparsed", "ambiguous", "missing"], rows)


def extras(run: Run) -> list[Table]:
    """Open-set levels, calibration and the judge, where the run has them."""
    tables = []
    for task, figures in run.result["tasks"].items():
        found = figures.get("open_set")
        if found:
            rows = [[level, *map(percent, own.values())] for level, own in found["levels"].items()]
            title = (
                f"{TASKS[task].title} at three levels (table of synonyms {found['wheel_version']}; the accepted list "
                f"is what counts; out of vocabulary: {percent(found['out_of_vocabulary'])} %)"
            )
            tables.append(Table(title, ["level", "accuracy", "precision", "recall", "F1"], rows))
    sure = {task: own["calibration"] for task, own in run.result["tasks"].items() if "calibration" in own}
    if sure:
        rows = [
            [TASKS[task].title, *(percent(own[key]) for key in ("n", "ece", "accuracy", "confidence"))]
            for task, own in sure.items()
        ]
        tables.append(Table("Calibration", ["sub-task", "n", "ECE", "accuracy", "mean confidence"], rows))
    judge = run.result.get("judge")
    if judge:
        rows = [[task, *(percent(own[key]) for key in ("n", "accuracy"))] for task, own in judge["tasks"].items()]
        title = f"Judge {judge['model']}, a language model: never part of any other figure"
        tables.append(Table(title, ["sub-task", "n", "accuracy"], rows))
    return tables


def comparisons(runs: Sequence[Run]) -> list[Table]:
    """Every later run against the first, on the same questions."""
    tables = []
    verdicts = [
        {one.question: Verdict(TASKS[one.gold.task].title, float(one.right), one.unit) for one in run.items} for run in runs
    ]
    for run, own in zip(runs[1:], verdicts[1:]):
        tables += _comparison(f"{run.name} against {runs[0].name}", verdicts[0], own, "overall")
    return tables


def general(runs: Sequence[Run]) -> list[Table]:
    """General ability of each run, and whether it changed from the first run (before) to the later ones (after)."""
    names = list(dict.fromkeys(name for run in runs for name in run.general))
    if not names:
        return []
    rows = [[run.name, *(_with_interval(run.general[n][0]) if n in run.general else "" for n in names)] for run in runs]
    tables = [Table("General ability: exact match or VQA accuracy in per cent, not part of the overall", ["run", *names], rows)]
    verdicts = [
        {f"{name}/{one.question}": Verdict(name, one.credit or 0.0, f"{name}/{one.unit}")
         for name, (_, own) in run.general.items() for one in own}
        for run in runs
    ]  # fmt: skip
    for run, own in zip(runs[1:], verdicts[1:]):
        tables += _comparison(f"General ability: {run.name} against {runs[0].name}", verdicts[0], own, "")
    return tables


def _comparison(title: str, first: Verdicts, second: Verdicts, total: str) -> list[Table]:
    found = compare(first, second)
    if not found["tasks"]:
        return []
    rows = [
        [task, str(own["n"]), str(own["lost"]), str(own["won"]), *_difference(own), f"{own['p']:.3g}"]
        for task, own in found["tasks"].items()
    ]
    if total and len(rows) > 1:
        rows.append([total, "", "", "", *_difference(found["overall"]), ""])
    return [Table(title, ["sub-task", "n", "lost", "won", "difference", "95 %", "p (exact)"], rows)]


def _difference(own: dict[str, Any]) -> list[str]:
    low, high = own["interval"]
    return [f"{100 * own['difference']:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}"]


def _with_interval(figures: dict[str, Any] | None) -> str:
    return f"{percent(figures['accuracy'])} ({percent(figures['interval'])})" if figures else ""
