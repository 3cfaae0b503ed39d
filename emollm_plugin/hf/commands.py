"""The commands `emollm export` and `emollm import`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from emobench_data.cli.scores import FILE, FOLDER
from emobench_data.io.errors import InputError


@click.command()
@click.argument("checkpoint", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The folder to write; new or empty.")
@click.option("--model-base", "base", help="Base model, where it is not the one that CHECKPOINT names.")
@click.option("--vision-tower", help="Vision tower, where it is not where CHECKPOINT says, nor beside it.")
@click.option("--results", type=FILE, help="results.json for the model card; default: the one of CHECKPOINT's run.")
@click.option("--push", metavar="NAME", help="Upload it under this name to the model hub that huggingface_hub is logged in to.")
def export(checkpoint: Path, out: Path, push: str | None, **options: Any) -> None:
    """Write CHECKPOINT as a model folder that transformers, vLLM and TRL load without this plug-in."""
    from .export import export as write

    with redirect_stdout(sys.stderr):  # the host prints as it loads
        write(checkpoint, out, **options)
    if push:
        from .push import push as upload

        click.echo(upload(out, push))
    click.echo(out)


@click.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The checkpoint to write; new or empty.")
def import_(folder: Path, out: Path) -> None:
    """Turn FOLDER, which `emollm export` wrote and others may have trained on, into a checkpoint of LLaVA."""
    from .importing import import_folder

    click.echo(import_folder(folder, out))


def evaluate_served(
    model: str,
    endpoint: str | None,
    clip_frames: int,
    engine: str | None,
    engine_options: tuple[str, ...],
    loading: Any,
    questions: Path,
    images: Path,
    answers: Path,
    *,
    likelihood: bool,
    votes: Any,
    numbers: str,
    batch_size: int | None,
    workers: int | None,
    **options: Any,
) -> None:
    """`emollm eval` where a server answers: the one at `endpoint`, or an `engine` that is started for it.

    Raises:
        InputError: an option is given that a server cannot follow; see `endpoint.evaluate` and `engine.vllm_server`.
    """
    from .endpoint import Server, evaluate

    if endpoint and engine:
        raise InputError("--endpoint names a server that runs, --engine starts one; give one of them")
    given = {"--likelihood": likelihood, "--self-consistency": votes is not None, "--workers": workers is not None}
    given["--numbers"] = numbers != "greedy"
    given |= {f"--{name.replace('_', '-')}": value is not None for name, value in vars(loading).items()}
    refused = [name for name, is_given in given.items() if is_given]
    if refused:
        raise InputError(f"{refused[0]}: is for a checkpoint that is loaded here, not for a server; leave it out")
    if endpoint:
        evaluate(Server(endpoint, model, clip_frames), questions, images, answers, at_once=batch_size, **options)
        return
    from .engine import vllm_server

    with vllm_server(Path(model), engine_options) as server:
        evaluate(server, questions, images, answers, at_once=batch_size, **options)
