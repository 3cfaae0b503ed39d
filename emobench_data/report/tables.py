"""The rows that page and Markdown share: plain text cells, which each writer escapes in its own way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..metrics.wheels import FIGURES as WHEEL_FIGURES
from ..schema.types import family_type
from ..scoring.gold import task_title
from ..scoring.table import family_rows, faults_of, mean_lines, percent
from ..scoring.wheels import wheel_figure
from .compare import Verdicts, compare, left_out
from .gains import gain_rows
from .runs import Run


class Table(NamedTuple):
    """A title, a head and rows, of which the first column is words and the others numbers; and a note below."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def alike(verdicts: Sequence[Verdicts]) -> list[list[int]]:
    """The places of those that were asked the same, each group in order."""
    groups: list[list[int]] = []
    for place, own in enumerate(verdicts):
        group = next((group for group in groups if not left_out(verdicts[group[0]], own)), None)
        if group is None:
            groups.append(group := [])
        group.append(place)
    return groups


def overall(runs: Sequence[Run]) -> list[Table]:
    """A table for the runs that were asked the same: a row a run, and the two baselines last."""
    groups = [[runs[place] for place in group] for group in alike([run.verdicts for run in runs])]
    tables = [_overall(group) for group in groups]
    if len(groups) == 1:
        return tables
    return [
        table._replace(
            title=f"{table.title}: {len(group[0].items):,} questions of {', '.join(run.name for run in group)}",
            note="Asked other questions than the runs in the other tables: not comparable with these.",
        )
        for table, group in zip(tables, groups)
    ]


def _overall(runs: Sequence[Run]) -> Table:
    first = runs[0].result
    rows = []
    for run in runs:
        total = {"accuracy": run.result["overall"], "interval": run.result["overall_interval"]}
        figures = [total if total["accuracy"] is not None else None, *run.result["tasks"].values()]
        rows.append([run.name, *map(_with_interval, figures)])
    for name in ("majority", "random"):
        own = [percent(figures[name]) for figures in first["tasks"].values()]
        rows.append([f"baseline: {name}", percent(first[f"overall_{name}"]), *own])
    head = ["run", "overall", *map(task_title, first["tasks"])]
    return Table("Accuracy in per cent, with 95 % intervals", head, rows)


def by_source(run: Run) -> Table:
    """A row a sub-task, and one for each of its sources where there are several."""
    head = ["sub-task", "n", "accuracy", "95 %", "majority", "random", "macro-F1", "UAR", "F1 Yes", "Yes-rate"]
    keys = ["n", "accuracy", "interval", "majority", "random", "macro_f1", "uar", "f1_yes", "yes_rate"]
    keys += ["unparsed", "ambiguous", "missing"]
    rows = []
    for task, figures in run.result["tasks"].items():
        rows.append([task_title(task), *(percent(figures.get(key)) for key in keys)])
        for source, own in figures["sources"].items() if len(figures["sources"]) > 1 else ():
            rows.append([f"– {source}", *(percent(own.get(key)) for key in keys)])
    return Table("By sub-task and source", [*head, "unparsed", "ambiguous", "missing"], rows)


def families(run: Run) -> list[Table]:
    """A table for each family of task types whose answers are no labels: never part of the overall."""
    tables, means = [], defaultdict(list)
    for own, line in zip(run.result.get("means", {}).values(), mean_lines(run.result)):
        means[own["family"]].append(line)
    for name, tasks in run.result.get("families", {}).items():
        kind = family_type(name)
        rows = [row for task, figures in tasks.items() for row in family_rows(kind, task_title(task), figures)]
        head = ["task", *kind.columns.values()]
        title = f"{name.replace('_', ' ').capitalize()}, not part of the overall; {kind.columns[kind.main]} counts"
        tables.append(Table(title, head, rows, "; ".join(means.get(name, ()))))
    return [*tables, *_wheels(run)]


def _wheels(run: Run) -> list[Table]:
    """Sets of words by the user's own wheels, a row a task and level."""
    rows, rules = [], set()
    for task, figures in run.result.get("families", {}).get("open_set", {}).items():
        own = figures.get("wheels", {})
        for level in [key for key in own if key.startswith("level")]:
            cells = [wheel_figure(own[level][key]) if key in own[level] else "" for key in (*WHEEL_FIGURES, "hit_rate")]
            rows.append([f"{task_title(task)}, {level}", *cells])
        if own:
            rules.add("as the code of MER2025 chooses among words" if own["official"] else "by the nearest word")
    head = ["task and level", "F1", "precision", "recall", "hit rate"]
    return [Table(f"Sets of words, mean over the user's wheels, {', '.join(rules)}", head, rows)] if rows else []


def extras(run: Run) -> list[Table]:
    """Open-set levels, calibration and the judge, where the run has them."""
    tables = []
    for task, figures in run.result["tasks"].items():
        found = figures.get("open_set")
        if found:
            rows = [[level, *map(percent, own.values())] for level, own in found["levels"].items()]
            title = (
                f"{task_title(task)} at three levels (table of synonyms {found['wheel_version']}; the references "
                f"are what counts; out of vocabulary: {percent(found['out_of_vocabulary'])} %)"
            )
            tables.append(Table(title, ["level", "accuracy", "precision", "recall", "F1"], rows))
    chains = {task: own["faithfulness"] for task, own in run.result["tasks"].items() if own.get("faithfulness")}
    if chains:
        rows = [
            [
                task_title(task),
                percent(own["n"]),
                ", ".join(f"{name} {percent(value)}" for name, value in own["premises"].items()),
                f"{percent(own['conclusion'])} of {own['from_premises']}",
                percent(own["consistent"]),
                percent(own["readable"]),
            ]
            for task, own in chains.items()
        ]
        head = ["sub-task", "n", "premises right", "conclusion right, from right premises", "answer follows", "readable"]
        tables.append(Table("Faithfulness: answers in steps, each step scored", head, rows))
    faults = faults_of(run.result)
    if faults:
        rows = [[kind, str(len(ids)), ", ".join(ids)] for kind, ids in faults.items()]
        note = "Each counts as the rules of scoring say: without one closing line an answer has no label."
        tables.append(Table("Reasons at fault", ["an answer", "n", "questions"], rows, note))
    sure = {task: own["calibration"] for task, own in run.result["tasks"].items() if "calibration" in own}
    if sure:
        rows = [
            [task_title(task), *(percent(own[key]) for key in ("n", "ece", "accuracy", "confidence"))]
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
    """Every later run against the first."""
    verdicts = [run.verdicts for run in runs]
    return [
        _comparison(f"{run.name} against {runs[0].name}", verdicts[0], own, "overall")
        for run, own in zip(runs[1:], verdicts[1:])
    ]


def stimuli(runs: Sequence[Run]) -> list[Table]:
    """What each stimulus gains over the plain questions of the first run."""
    head = ["sub-task", "n", "plain", "with", "gain", "relative", "p (exact)"]
    return [Table(title, head, rows) for title, rows in gain_rows(runs)]


def general(runs: Sequence[Run]) -> list[Table]:
    """General ability of each run, and whether it changed from the first run (before) to the later ones (after)."""
    names = list(dict.fromkeys(name for run in runs for name in run.general))
    if not names:
        return []
    head, columns = ["run"], []
    for name in names:
        having = [run for run in runs if name in run.general]
        groups = [[having[place] for place in group] for group in alike([run.general[name][1] for run in having])]
        for group in groups:
            head.append(name if len(groups) == 1 else f"{name}, as asked of {group[0].name}")
            columns.append([_with_interval(run.general[name][0]) if run in group else "" for run in runs])
    rows = [[run.name, *cells] for run, cells in zip(runs, zip(*columns))]
    tables = [Table("General ability: exact match or VQA accuracy in per cent, not part of the overall", head, rows)]
    verdicts = [{f"{name}/{key}": one for name, (_, own) in run.general.items() for key, one in own.items()} for run in runs]
    for run, own in zip(runs[1:], verdicts[1:]):
        if verdicts[0] and own:
            tables.append(_comparison(f"General ability: {run.name} against {runs[0].name}", verdicts[0], own, ""))
    return tables


def _comparison(title: str, first: Verdicts, second: Verdicts, total: str) -> Table:
    found = compare(first, second)
    rows = [
        [task, str(own["n"]), str(own["lost"]), str(own["won"]), *_difference(own), f"{own['p']:.3g}"]
        for task, own in found["tasks"].items()
    ]
    if total and len(rows) > 1 and found["overall"]:
        rows.append([total, "", "", "", *_difference(found["overall"]), ""])
    gone = ", ".join(f"{n:,} {reason}" for reason, n in found["left_out"].items())
    note = f"Questions left out: {gone}." if gone else ""
    return Table(title, ["sub-task", "n", "lost", "won", "difference", "95 %", "p (exact)"], rows, note)


def _difference(own: dict[str, Any]) -> list[str]:
    low, high = own["interval"]
    return [f"{100 * own['difference']:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}"]


def _with_interval(figures: dict[str, Any] | None) -> str:
    return f"{percent(figures['accuracy'])} ({percent(figures['interval'])})" if figures else ""
