"""The commands of `emollm` that load a checkpoint and ask it: eval, ask, explain and serve."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click
import orjson

from emobench_data.cli.scores import FILE, FOLDER
from emobench_data.io.atomic import check_apart, check_ours
from emobench_data.io.errors import InputError

from ..compat.config import FORMATS
from .options import about_options, hearing_options, voting_options


@dataclass(frozen=True)
class Loading:
    """How a command loads its checkpoint: the arguments of `Predictor.load`."""

    base: str | None
    template: str | None
    device: str | None
    dtype: str | None
    vision_tower: str | None

    def predictor(self, checkpoint: str) -> Any:
        """The loaded checkpoint."""
        from ..evaluation.predictor import Predictor

        with redirect_stdout(sys.stderr):  # the host prints as it loads
            return Predictor.load(checkpoint, **vars(self))


def loading_options(command: Callable) -> Callable:
    """The options that say how a checkpoint is loaded; they arrive as one `Loading`."""

    @click.option("--model-base", "base", help="Base model, where it is not the one that CHECKPOINT names.")
    @click.option("--conv-mode", "template", help="Template, where it is not the one that CHECKPOINT notes.")
    @click.option("--device", help="cpu, cuda or cuda:1; default: a GPU if there is one.")
    @click.option(
        "--dtype",
        type=click.Choice(FORMATS),
        help="Number format; default: on a GPU the one CHECKPOINT was trained in, on a CPU float32.",
    )
    @click.option("--vision-tower", help="Vision tower, where it is not where CHECKPOINT says, nor beside it.")
    @wraps(command)
    def with_loading(**options: Any) -> None:
        loading = Loading(**{each.name: options.pop(each.name) for each in fields(Loading)})
        command(loading=loading, **options)

    return with_loading


@click.command("eval")
@click.argument("checkpoint")
@loading_options
@click.option("--question-file", type=FILE, required=True, help="LLaVA's question file, JSONL or JSON.")
@click.option("--image-folder", type=FOLDER, default=".", help="Folder that the questions' pictures lie in.")
@click.option("--answers-file", type=FILE, required=True, help="Answers in it are kept; the rest is added.")
@click.option(
    "--likelihood",
    is_flag=True,
    help="Take the most probable of a question's options, where it has any; behind greedy reasons, where it asks for them.",
)
@voting_options
@click.option(
    "--numbers",
    type=click.Choice(["greedy", "expectation"]),
    default="greedy",
    show_default=True,
    help="Numbers and ordered classes as text, or as the mean of all that may be answered, by their probabilities.",
)
@click.option(
    "--max-new-tokens", "--max_new_tokens", type=click.IntRange(1), help="Default: what the questions need: 16, 192 for guided."
)
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    help="Default: on a CPU 64 with a small model, else 16; on a GPU by its free memory, 256 at most.",
)
@click.option("--workers", type=click.IntRange(0), help="Processes that decode pictures.")
@click.option("--num-chunks", type=click.IntRange(1), default=1, show_default=True, help="Parts that the questions are cut in.")
@click.option("--chunk-idx", type=click.IntRange(0), default=0, show_default=True, help="The part to answer, from 0.")
@click.option(
    "--endpoint",
    metavar="URL",
    help="Ask the model CHECKPOINT of this OpenAI-compatible server, such as http://127.0.0.1:8000/v1.",
)
@click.option(
    "--clip-frames",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With --endpoint: send so many frames of a clip; 0 sends a storyboard.",
)
@click.option("--engine", type=click.Choice(["vllm"]), help="Serve CHECKPOINT, which `emollm export` wrote, with it meanwhile.")
@click.option("--engine-option", "engine_options", multiple=True, metavar="--NAME=VALUE", help="Of the engine's own server.")
def evaluate(
    checkpoint: str,
    loading: Loading,
    question_file: Path,
    image_folder: Path,
    answers_file: Path,
    num_chunks: int,
    chunk_idx: int,
    endpoint: str | None,
    clip_frames: int,
    engine: str | None,
    engine_options: tuple[str, ...],
    **options: Any,
) -> None:
    """Answer a question file with CHECKPOINT, in batches. A run that was stopped goes on."""
    from ..evaluation.check import check_asked
    from ..evaluation.run import evaluate as run

    check_asked(question_file, image_folder)  # before the model is loaded
    if endpoint or engine:
        from ..hf.commands import evaluate_served

        evaluate_served(
            checkpoint,
            endpoint,
            clip_frames,
            engine,
            engine_options,
            loading,
            question_file,
            image_folder,
            answers_file,
            chunks=num_chunks,
            chunk_index=chunk_idx,
            **options,
        )
        click.echo(answers_file)
        return
    run(
        loading.predictor(checkpoint),
        question_file,
        image_folder,
        answers_file,
        model=checkpoint,
        chunks=num_chunks,
        chunk_index=chunk_idx,
        **options,
    )
    click.echo(answers_file)


@click.command()
@click.argument("checkpoint")
@click.argument("media", nargs=-1, metavar="[MEDIUM...] [QUESTION]")
@loading_options
@click.option("--labels", help="Emotions to choose from, with commas between. Default: those CHECKPOINT was trained on.")
@about_options
@hearing_options
@click.option("--clip", is_flag=True, help="A folder is one clip, of its frames, and not a folder of pictures and clips.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with the probability of every label.")
def ask(
    checkpoint: str,
    media: tuple[str, ...],
    loading: Loading,
    labels: str | None,
    about: Any,
    audio: Path | None,
    span: tuple[float, float] | None,
    clip: bool,
    as_json: bool,
) -> None:
    """Say which emotion each picture, clip or sound MEDIUM shows or evokes, how sure CHECKPOINT is, and why.

    With --task, answer one of EmoBench's sub-tasks instead, in steps where CHECKPOINT learned these.

    A MEDIUM may be a folder. Of more than one, each answer is a line of JSON, and one that cannot be read is a line that says
    so; the exit code is then 1.
    """
    from ..checkpoints.load import check_there
    from ..serving.ask import chosen_labels, refuse_faulty
    from ..serving.many import answer_each, found, is_question

    check_there(checkpoint)  # it stands first on the command line

    chosen = chosen_labels(labels)
    if audio and (not media or (len(media) == 1 and is_question(media[0]))):
        media, audio = (str(audio), *media), None  # heard alone
    if not media:
        raise click.UsageError("Missing argument 'MEDIUM...': name a picture, a clip, a sound or a folder of them.")
    paths, question, single = found(media, clip=clip)
    if single:
        refuse_faulty(paths[0], span)
    if audio:
        refuse_faulty(audio, span)
    predictor = loading.predictor(checkpoint)
    reports = answer_each(predictor, paths, question, chosen, about, audio=audio, span=span)
    if single:
        report = next(reports)
        if "error" in report:
            raise InputError(report["error"])
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2)) if as_json else _echo_answer(report)
        return
    faulty = 0
    for report in reports:
        faulty += "error" in report
        click.echo(orjson.dumps(report))
    if faulty:
        click.echo(f"{faulty} of {len(paths)} could not be read", err=True)
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("checkpoint")
@click.argument("medium", type=FILE)
@click.argument("question", required=False)
@loading_options
@click.option("--out", type=FILE, required=True, help="The PNG to write.")
@click.option("--labels", help="Emotions to choose from, with commas between. Default: those CHECKPOINT was trained on.")
@about_options
@hearing_options
def explain(
    checkpoint: str,
    medium: Path,
    question: str | None,
    loading: Loading,
    out: Path,
    labels: str | None,
    about: Any,
    audio: Path | None,
    span: tuple[float, float] | None,
) -> None:
    """Answer as `ask` does, and draw what each perspective of CHECKPOINT attends to in MEDIUM, a picture or a sound."""
    from emobench_data.media.examine import kind_of

    from ..checkpoints.load import check_there
    from ..serving.ask import chosen_labels, refuse_faulty
    from ..serving.explain import MARK
    from ..serving.explain import explain as draw

    check_there(checkpoint)
    check_apart(out, (medium, audio))
    check_ours(out, MARK)
    chosen = chosen_labels(labels)
    if kind_of(medium) == "video":
        raise InputError(f"{medium}: a clip, of which nothing is drawn; `emollm ask` answers about it")
    for each in (medium, audio) if audio else (medium,):
        refuse_faulty(each, span)
    predictor = loading.predictor(checkpoint)
    names = " and ".join(each.name for each in (medium, audio) if each)
    title = f"{names}, {'heard' if kind_of(medium) == 'audio' else 'seen'} by {Path(checkpoint).name}"
    seen = predictor.eyes.open(medium, audio, span)
    _echo_answer(draw(predictor, seen, question, out=out, labels=chosen, about=about, title=title))
    click.echo(out)


@click.command()
@click.argument("checkpoint")
@loading_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Another one lets others in, without a password.")
@click.option("--name", "names", multiple=True, help="A name by which others reach this machine; its own is known.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free one from 7860 on.")
@click.option("--labels", help="Emotions to choose from, with commas between. Default: those CHECKPOINT was trained on.")
def serve(checkpoint: str, loading: Loading, labels: str | None, **options: Any) -> None:
    """Open a page on this machine that answers as `ask` does. Prints its address; Ctrl+C ends it.

    Beside the page, OpenAI's clients ask the model at /v1: its name is that of CHECKPOINT's folder.
    """
    from ..serving.ask import chosen_labels
    from ..serving.web.running import check_port, require_gradio
    from ..serving.web.running import serve as run

    require_gradio()
    check_port(options["host"], options["port"])
    chosen = chosen_labels(labels)
    name = Path(checkpoint).resolve().name
    run(loading.predictor(checkpoint), model=name, labels=chosen, **options)


def _echo_answer(report: dict[str, Any]) -> None:
    for key in ("emotion", "task", "label", "confidence", "rationale", "note", "answer", "trained_on"):
        if report.get(key) or (key == "answer" and key in report):
            value = f"{report[key]:.2f}" if key == "confidence" else report[key]
            click.echo(f"{key.replace('_', ' ')}: {value}")
