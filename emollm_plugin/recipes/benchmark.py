"""The evaluation of a checkpoint from its settings to a score, or to a report where there is something to compare."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from emobench_data.export.stimuli import write_stimulated
from emobench_data.report import write_report

from .eval_commands import CLI
from .eval_settings import EvalSettings, read_eval_settings
from .evaluation import Evaluation, answer, chunk_line, make_ready, score
from .process import run_plain

ALONE: dict[str, Any] = {"general_questions": None, "before": None, "stimuli": None}


def evaluate_checkpoint(checkpoint: str | None, environment: Mapping[str, str], *, dry: bool = False) -> None:
    """Ask, score and compare as the variables say; with `dry` only print the commands that ask the first chunks.

    Raises:
        InputError: the settings, or what they name, cannot be used.
        process.Failed: a program failed.
    """
    evaluate(read_eval_settings(checkpoint, environment), dry=dry)


def evaluate(settings: EvalSettings, *, dry: bool) -> None:
    """The same for settings that are read; the path of what there is to look at is printed last."""
    one = make_ready(settings)
    if settings.before:
        make_ready(_before(one, settings.before))  # whether it can be evaluated is known now
    result = None
    if dry:
        click.echo(shlex.join(chunk_line(one, 0)))
    elif settings.stimuli:
        _with_stimuli(one, settings.stimuli)
    else:
        answer(one)
        result = score(one)
    if settings.general_questions:
        _general(one, settings.general_questions, dry=dry)
    if settings.before:
        evaluate(_before(one, settings.before), dry=dry)
        result = one.out / "report" / "report.html"
        if not dry:
            _report([one.out / "before", one.out], one.out / "report")
    if result and (settings.general_questions or settings.before) and not dry:
        click.echo(result)


def _before(one: Evaluation, checkpoint: Path) -> EvalSettings:
    settings = one.settings
    return replace(
        settings,
        checkpoint=checkpoint.absolute(),
        template=settings.before_template,
        base_model=settings.before_base_model,
        **_asked(one),
        out_dir=one.out / "before",
        before=None,
    )


def _asked(one: Evaluation) -> dict[str, Any]:
    return {"questions": one.questions, "gold": one.gold, "image_folder": one.images}


def _general(one: Evaluation, questions: Path, *, dry: bool) -> None:
    """Questions of any kind with short answers, asked of the same checkpoint."""
    asked: dict[str, Any] = {
        "questions": questions,
        "gold": None,
        "image_folder": one.settings.general_images,
        "likelihood": False,
    }
    place: dict[str, Any] = {"template": one.template, "base_model": one.base, "out_dir": one.out / "general"}
    evaluate(replace(one.settings, **ALONE, **asked, **place), dry=dry)
    if not dry:
        files = [
            "--questions",
            questions,
            "--gold",
            one.settings.general_gold,
            "--predictions",
            one.out / "general/answers.jsonl",
        ]
        out = one.out / f"general-{questions.stem}.json"
        run_plain([*CLI, "score", "--general", questions.stem, *map(str, files), "--out", str(out)])


def _with_stimuli(one: Evaluation, stimuli: Path) -> None:
    """The plain questions and those with each stimulus; the plain ones are compared with."""
    names = write_stimulated(one.questions, stimuli, one.out, place=one.settings.stimuli_place)
    folders = [one.out / name for name in names]
    for folder in folders:
        asked = {**_asked(one), "questions": folder / "questions.jsonl"}
        evaluate(replace(one.settings, **ALONE, **asked, out_dir=folder), dry=False)
    if one.gold:
        _report(folders, one.out / "report")


def _report(folders: list[Path], out: Path) -> None:
    for path in write_report(folders, out):
        click.echo(path)
