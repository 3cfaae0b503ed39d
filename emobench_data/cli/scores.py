"""The commands that `python -m emobench_data` and `emollm` share: score answers, and report on runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import orjson

from ..io.atomic import atomic_file, check_apart, check_ours
from ..io.chat import Endpoint
from ..io.errors import InputError
from ..schema.questions import read_asked

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
KEY = "EMOLLM_JUDGE_KEY"

# How results begin that were written here: of EmoBench's tasks, and of short answers.
_RESULT, _GENERAL = rb'\{\n  "overall": [^,]+,\n  "overall_interval"', rb'\{\n  "overall": null,\n  "tasks": \{\}'


@click.command()
@click.option("--questions", type=FILE, required=True, help="The questions that were asked.")
@click.option("--gold", type=FILE, required=True, help="Their answers, written beside the questions; see below.")
@click.option("--predictions", type=FILE, required=True, help="The answer file of LLaVA's eval script.")
@click.option("--out", type=FILE, help="Also write the result to this file, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--general", metavar="NAME", help="Score plain short answers by exact match, under this name.")
@click.option("--wheels", type=FOLDER, help="Also score sets of words by the emotion wheels in your copy of this folder.")
@click.option("--official-wheels", is_flag=True, help="With --wheels: choose among words as the code of MER2025 does.")
@click.option("--judge", metavar="URL", help="Also have open answers judged by an OpenAI-compatible endpoint.")
@click.option("--judge-model", help="The judge's model name.")
@click.option("--judge-cache", type=FILE, help="File that keeps what the judge said.")
def score(
    questions: Path,
    gold: Path,
    predictions: Path,
    out: Path | None,
    as_json: bool,
    general: str | None,
    wheels: Path | None,
    official_wheels: bool,
    **judge: Any,
) -> None:
    """Score a model's answers. The judge's key, if it needs one, is read from EMOLLM_JUDGE_KEY.

    A line of the gold is a JSON object. For questions of your own it needs a question_id, an answer, and options (which may
    stand with the question instead). Further: references (all answers that are right), source and group (for figures by data
    set, and for intervals of questions that hang together), and task, one of emo_c, emo_o, intent, hate, humor and sarcasm;
    questions without a task are figures of their own, outside the overall. Where their answers are no single labels, say so
    with a type: number:low=0,high=10; ordinal or multi or strategy, with options; detection; open_set; response. Each has a
    table of its own, where what cannot be read is counted apart. docs/tasks.md says how each is read.

    --wheels takes the folder emotion_wheel of MER2025 (zeroQiaoba/MERTools) and gives F1, precision and recall by its five
    wheels, at level 1 and 2, beside those by our own.

    With --general, a line needs an answer, or a list: answers (each is right), or annotators (what each of them said, counted
    by VQA accuracy; ten answers are taken for that too).
    """
    from ..scoring import score_general  # SciPy, which the other commands do without
    from ..scoring.core import read_items, summarise, with_reasons
    from ..scoring.judge import judged
    from ..scoring.table import score_table
    from ..scoring.wheels import with_wheels

    if official_wheels and not wheels:
        raise InputError("--official-wheels: also give --wheels FOLDER")
    if out:
        check_apart(out, (questions, gold, predictions))
        check_ours(out, _GENERAL if general else _RESULT)
    if general:
        if judge["judge"] or wheels:
            raise InputError("--general: short answers need no judge and no wheels; leave out --judge and --wheels")
        result = score_general(general, questions, gold, predictions)
    else:
        asked = read_asked(questions)
        items = read_items(asked, questions, gold, predictions)
        result = with_reasons(summarise(items, asked), items, asked, gold)
        if wheels:
            result = with_wheels(result, items, wheels, official=official_wheels)
        if judge["judge"]:
            result["judge"] = judged(items, _judge(judge))
    if out:
        result["files"] = relative_files(out.parent, questions=questions, gold=gold, predictions=predictions, wheels=wheels)
        write_result(result, out)
    click.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2) if as_json else score_table(result))


def write_result(result: dict[str, Any], path: Path) -> None:
    with atomic_file(path) as file:
        file.write(orjson.dumps(result, option=orjson.OPT_INDENT_2) + b"\n")


def relative_files(folder: Path, **paths: Path | None) -> dict[str, str]:
    """The paths as a result in `folder` names them, so that both can move together; what is None is left out."""
    return {name: os.path.relpath(path.resolve(), folder.resolve()) for name, path in paths.items() if path}


def _judge(options: dict[str, Any]) -> Endpoint:
    url, model, cache = options["judge"], options["judge_model"], options["judge_cache"]
    if not model or not cache:
        raise InputError(f"--judge {url}: also give --judge-model and --judge-cache")
    return Endpoint(url, model, cache, os.environ.get(KEY, ""))


@click.command()
@click.argument("run_dirs", metavar="RUN_DIR...", type=FOLDER, nargs=-1, required=True)
@click.option("--out", type=FOLDER, required=True, help="Folder for report.html and report.md.")
@click.option("--questions", type=FILE, help="Instead of the questions that a run names.")
@click.option("--gold", type=FILE, help="Instead of the gold that a run names.")
@click.option("--media-root", type=FOLDER, help="Where the questions' media lie, for the pictures.")
def report(run_dirs: tuple[Path, ...], out: Path, **paths: Path | None) -> None:
    """Report on runs, each a folder with answers.jsonl and results.json; others are compared with the first.

    Runs are compared by questions that are the same in both: id, words, medium and gold; what is left out is said.
    A run's general ability is what `score --general NAME --out RUN_DIR/general-NAME.json` wrote.
    """
    from ..report import write_report

    for path in write_report(run_dirs, out, **paths):
        click.echo(path)
