"""A checkpoint that is asked as settings say: all that is known before it is, the commands for it, and its answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from emobench_data.io.errors import InputError
from emobench_data.schema.questions import answer_tokens, merge_answers, read_questions, write_science

from ..checkpoints.inspection import inspect_folder
from .checks import check_writable
from .chunks import choose_device, environments, number_of_chunks
from .eval_commands import ask_line, score_line
from .eval_settings import OURS, EvalSettings
from .layers import read_recipe
from .prepare import prepare_data
from .process import run_beside, run_plain, say

SCIENCE = "model_vqa_science"


@dataclass(frozen=True)
class Evaluation:
    """An evaluation with all that follows from its settings.

    Args:
        folder: the checkpoint, or the newest complete one in it.
        questions, gold, images: what is asked, and answered without gold.
        asked: the questions as the evaluator reads them.
        room: tokens of an answer.
    """

    settings: EvalSettings
    folder: Path
    base: str | None
    template: str
    questions: Path
    gold: Path | None
    images: Path | None
    asked: Path
    room: int
    device: str
    gpus: list[str]
    chunks: int
    out: Path


def make_ready(settings: EvalSettings) -> Evaluation:
    """Get the questions, EmoBench-mini's where none are given, and look at checkpoint and devices.

    Raises:
        InputError: one of them cannot be used.
    """
    questions, gold, images = settings.questions, settings.gold, settings.image_folder
    if questions is None:
        # As the launcher asks: its data are made where it makes them, or found there. EVALUATOR has more values here.
        data = prepare_data(read_recipe({name: value for name, value in os.environ.items() if name != "EVALUATOR"}))
        assert data.questions  # data that are made have some
        questions, gold, images = data.questions, data.gold, data.images
    check_writable("OUT_DIR", settings.out)
    read = read_questions(questions)
    device, gpus = choose_device(settings.device)
    report = inspect_folder(settings.checkpoint)
    template = settings.template or report["template"]
    if not template:
        way_out = "name it with TEMPLATE (emollm template BASE_MODEL prints it)"
        raise InputError(f"{settings.checkpoint} notes no template; {way_out}")
    return Evaluation(
        settings=settings,
        folder=Path(report["newest_checkpoint"] or settings.checkpoint),
        base=settings.base_model or report["base"],
        template=template,
        questions=questions,
        gold=gold,
        images=images,
        asked=settings.out / "questions-science.json" if settings.evaluator == SCIENCE else questions,
        room=settings.max_new_tokens or answer_tokens(read),
        device=device,
        gpus=gpus,
        chunks=number_of_chunks(settings.chunks or len(gpus) or 1, len(read)),
        out=settings.out.absolute(),
    )


def chunk_line(one: Evaluation, index: int) -> list[str]:
    """The command that answers a chunk of the questions."""
    settings = one.settings
    asked = {
        "question-file": one.asked,
        "image-folder": one.images or "",
        "answers-file": answers_of(one, index),
        "conv-mode": one.template,
        "num-chunks": one.chunks,
        "chunk-idx": index,
    }
    if settings.evaluator != OURS:
        return ask_line(settings.evaluator, one.folder, one.base, asked, one.room)
    asked |= {"batch-size": settings.batch} if settings.batch else {}
    asked |= {"dtype": settings.dtype} if settings.dtype else {}
    asked |= {"numbers": settings.numbers} if settings.numbers != "greedy" else {}
    return [*ask_line(OURS, one.folder, one.base, asked, one.room), *["--likelihood"] * settings.likelihood]


def answers_of(one: Evaluation, index: int) -> Path:
    """The file that a chunk's answers go to."""
    return one.out / f"chunk-{index}-of-{one.chunks}.jsonl"


def answer(one: Evaluation) -> Path:
    """Ask all questions; returns the file of all answers.

    Raises:
        process.Failed: an evaluator failed.
        InputError: together the answers are not one to each question.
    """
    one.out.mkdir(parents=True, exist_ok=True)
    if one.asked != one.questions:
        write_science(read_questions(one.questions), one.asked)
    say(f"evaluating {one.folder} with {one.settings.evaluator} on {one.device}, {one.chunks} process(es); logs: {one.out}")
    given = environments(one.device, one.gpus, one.chunks)
    indices = range(one.chunks)
    run_beside("evaluation", [(chunk_line(one, index), one.out / f"chunk-{index}.log", given[index]) for index in indices])
    answers = one.out / "answers.jsonl"
    count = merge_answers(one.questions, [answers_of(one, index) for index in indices], answers)
    click.echo(f"{count} answers in {answers}")
    return answers


def score(one: Evaluation) -> Path:
    """Score the answers where there is gold; returns the file to look at, whose path is printed last."""
    if not one.gold:
        say("no GOLD: answered, not scored")
        answers = one.out / "answers.jsonl"
        click.echo(answers)
        return answers
    files = {"questions": one.questions, "gold": one.gold, "media-root": one.images}
    settings = {
        "checkpoint": one.folder,
        "evaluator": one.settings.evaluator,
        "likelihood": int(one.settings.likelihood),
        **({"numbers": one.settings.numbers} if one.settings.numbers != "greedy" else {}),
        "base": Path(one.base or "").name,
        "template": one.template,
        "device": one.device,
        "stack": one.settings.stack,
        "max_new_tokens": one.room,
    }
    run_plain(score_line(one.out, files, settings))
    return one.out / "results.json"
