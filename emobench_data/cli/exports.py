"""The commands that write what is there in the form of others: questions with stimuli, and the files of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..export.hf_dataset import write_dataset
from ..export.lmms_eval.files import write as write_lmms_eval
from ..export.stimuli import BEFORE, PLACES, write_stimulated
from ..io.atomic import check_apart, written_once
from ..io.errors import InputError
from ..io.shards import MANIFEST
from ..schema.questions import merge_answers, read_questions, write_science
from ..sharding import MOST, write_shards
from .scores import FILE, FOLDER


@click.command()
@click.option("--questions", type=FILE, required=True, help="LLaVA's question file, JSONL.")
@click.option(
    "--stimuli",
    type=FILE,
    required=True,
    help="A line each: an id, a blank, the text. Or the Python file of EmotionPrompt or NegativePrompt, which is not run.",
)
@click.option("--place", type=click.Choice(PLACES), default=BEFORE, show_default=True, help="Where a text stands.")
@click.option("--out", type=FOLDER, required=True, help="Gets ID/questions.jsonl for each, and for plain.")
def stimuli(questions: Path, stimuli: Path, place: str, out: Path) -> None:
    """Write the questions with each stimulus before or after them, and print the ids, plain first.

    The Python files are config.py of wangxu0820/NegativePrompt and promptbench/prompts/method_oriented.py of
    microsoft/promptbench, in your own clones.
    """
    for name in write_stimulated(questions, stimuli, out, place=place):
        click.echo(name)


@click.command()
@click.argument("parts", type=FILE, nargs=-1, required=True)
@click.option("--questions", type=FILE, required=True, help="The questions that were asked.")
@click.option("--out", type=FILE, required=True, help="The file for all answers, in the questions' order.")
def merge(parts: tuple[Path, ...], questions: Path, out: Path) -> None:
    """Make one answer file of PARTS, if together they answer every question exactly once."""
    check_apart(out, (questions, *parts))
    with written_once(out) as file:
        count = merge_answers(questions, parts, file)
    click.echo(f"{count} answers in {out}")


@click.command("science-questions")
@click.argument("questions", type=FILE)
@click.argument("out", type=FILE)
def science_questions(questions: Path, out: Path) -> None:
    """Write the file QUESTIONS as the JSON that llava.eval.model_vqa_science reads."""
    check_apart(out, [questions])
    with written_once(out) as file:
        write_science(read_questions(questions), file)


@click.command("lmms-eval-tasks")
@click.option("--out", type=FOLDER, required=True, help="Folder for the YAML files, for lmms-eval's --include_path.")
def lmms_eval_tasks(out: Path) -> None:
    """Write the tasks that are known here, those of other packages too, as lmms-eval reads them."""
    for path in write_lmms_eval(out):
        click.echo(path)


@click.command("shards")
@click.argument("records", type=FILE)
@click.option("--out", type=FOLDER, required=True, help="Folder for the shards.")
@click.option("--shards", "count", type=click.IntRange(1, MOST), default=16, show_default=True, help="How many files.")
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True, help="That write side by side.")
@click.option("--part", default="0/1", show_default=True, metavar="K/P", help="This call is number K, from 0, of P.")
def shards(records: Path, out: Path, count: int, processes: int, part: str) -> None:
    """Write the training file RECORDS as shards, which training reads one record at a time: give it OUT/shards.json.

    RECORDS is LLaVA's JSON or JSON lines. Shards that are there already are kept.
    """
    own, _, parts = part.partition("/")
    if not (own.isdecimal() and parts.isdecimal()):
        raise InputError(f"--part {part}: give a number from 0 and how many there are, such as 0/2")
    echo_shards(write_shards(records, out, count, part=int(own), parts=int(parts), processes=processes), out)


def echo_shards(manifest: dict[str, Any] | None, out: Path) -> None:
    """Say what was written, or that others are to write the rest."""
    if manifest is None:
        click.echo(f"{out}: this part's shards are written, others are not yet")
    else:
        click.echo(f"{manifest['records']:,} records in {len(manifest['shards'])} shards; train with {out / MANIFEST}")


@click.command("hf-dataset")
@click.argument("folder", type=FOLDER)
@click.option("--media-root", type=FOLDER, required=True, help="Folder that the media's paths begin from.")
@click.option("--out", type=FOLDER, required=True, help="A new folder, which datasets' load_from_disk reads.")
def hf_dataset(folder: Path, media_root: Path, out: Path) -> None:
    """Write the benchmark in FOLDER, as build wrote it, as a Hugging Face dataset with its pictures, clips and sounds."""
    for split, rows in write_dataset(folder, media_root, out).items():
        click.echo(f"{split}: {rows:,} rows")
