"""A fine-tuning run from its settings to its scores."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from emobench_data.io.atomic import atomic_file
from emobench_data.io.digest import digest_of
from emobench_data.media.stamp import signature
from emobench_data.schema.questions import Question

from ..alignment.pairs import NoLabels, labelled
from .base import check_base, goes_on
from .checks import check_asked, check_files, check_machines
from .commands import BOARD, align_command, eval_command, results_command, train_command
from .conditions import stack_here
from .defaults import with_batch, with_defaults, with_rates
from .devices import Devices, choose_devices
from .fingerprint import fingerprint
from .held_out import held_out_records
from .host_arguments import parse
from .inputs import as_llava_reads, check_questions, check_records, media_of, read_records, usable
from .launchers import check_launcher, free_port
from .layers import overridden, read_recipe
from .page import write_page
from .prepare import Base, Data, prepare_base, prepare_data, prepare_ears
from .process import run_logged, run_plain, say
from .recipe import Recipe
from .resolved import FILE, resolved, save
from .runs import Run, claim, noted_once_made, set_aside, shown_folder, wait_for_writer
from .settings import OURS

MOST_PAIRS = 2000  # `emollm align --most`
HELD_OUT = "held-out.json"
EVALUATED = "evaluated.json"  # what the answers in a run's folder are to


@dataclass(frozen=True)
class Prepared:
    """All that is known before a run begins."""

    recipe: Recipe
    devices: Devices
    base: Base
    data: Data
    mark: dict[str, Any]
    questions: list[Question]


def finetune(
    environment: Mapping[str, str],
    recipe: str | None = None,
    changes: Sequence[str] = (),
    arguments: Sequence[str] = (),
    *,
    dry: bool = False,
) -> None:
    """Train, evaluate and score as recipe, variables and changes say; with `dry` only print the host's commands.

    Args:
        environment, recipe, changes, arguments: as in `layers.read_recipe`.

    Raises:
        InputError: the settings, or what they name, cannot be used.
        process.Failed: a program of the run failed.
    """
    asked = read_recipe({"STACK": stack_here(), **environment}, recipe, changes, arguments)
    if differ := overridden(environment, recipe):
        say(f"the environment goes before {recipe}: {' '.join(differ)}")
    prepared = prepare(asked, dry=dry)
    if dry:
        _show(asked, prepared)
        return
    run = _claimed(asked, prepared)
    with noted_once_made(run):
        if not asked.rank:  # what another machine left there first would be a run of unknown make
            save(run.folder / FILE, resolved(prepared.recipe, prepared.base, prepared.devices))
        data = _plain_copies(_with_held_out(prepared.data, prepared.recipe, run), run)
        train(prepared, data, run)
    if asked.rank:
        say(f"machine {asked.rank} is done; machine 0 has the checkpoint")
        return
    what = prepared.recipe, prepared.base, data, prepared.devices, run
    say(f"what was trained, and how it went: {write_page(*what)}")
    if not data.questions:
        say(f"no QUESTIONS: trained, not evaluated; checkpoint: {run.checkpoint}")
        return
    evaluate(prepared, data, run)
    write_page(*what)  # with its scores


def prepare(asked: Recipe, *, dry: bool = False) -> Prepared:
    """Check the settings, get base model and data ready, and read all that the run will read."""
    check_asked(asked)
    check_launcher(asked, dry=dry)
    seeing = check_base(asked, fetch=not dry)
    recipe = with_defaults(asked, seeing_base=seeing)
    check_files(recipe)
    check_machines(recipe)
    devices = choose_devices(recipe, dry=dry)
    recipe = with_batch(recipe, devices.world)
    check_host_arguments(recipe)
    base = prepare_base(recipe, dry=dry)
    devices = replace(devices, environment={**devices.environment, **prepare_ears(recipe)})
    data = prepare_data(recipe)
    records = read_records(data.train)
    check_records(data, records)
    begun = seeing and goes_on(recipe, fetch=not dry)
    recipe = with_rates(_aligned_or_not(asked, recipe, records), begun=begun)
    hosts, hears = recipe.evaluator != OURS, recipe.audio_tower is not None
    questions = check_questions(data, hosts_evaluator=hosts, projector=recipe.projector or "", hears=hears)
    mark = {} if dry or asked.rank else fingerprint(recipe, base, data, media_of(records), devices)
    # What stands behind -- is held against the recipe before anything is trained.
    train_command(recipe, base, data, devices, Run(shown_folder(asked), recipe.tuned, {}, trained=False))
    return Prepared(recipe, devices, base, data, mark, questions)


def _aligned_or_not(asked: Recipe, recipe: Recipe, records: Sequence[Any]) -> Recipe:
    """`recipe` without alignment where it is not asked for and the data have no labels; raises `NoLabels` where it is."""
    if not recipe.align:
        return recipe
    try:
        labelled(usable(records), most=MOST_PAIRS, seed=recipe.seed, hears=bool(recipe.audio_tower))
    except NoLabels as error:
        if asked.align is not None:
            raise
        say(f"left out: {error}")
        return replace(recipe, align=0)
    return recipe


def check_host_arguments(recipe: Recipe) -> None:
    """Whether the host's training takes HOST_ARGUMENTS, by its own parser; raises `InputError` or `Failed`."""
    if recipe.host_arguments:
        parse(recipe.host_arguments)
        run_plain([sys.executable, "-m", "emollm_plugin.cli", "host-arguments", "--", *recipe.host_arguments])


def _show(asked: Recipe, prepared: Prepared) -> None:
    recipe, base, data = prepared.recipe, prepared.base, prepared.data
    run = Run(shown_folder(asked), recipe.tuned, {}, trained=False, rank=asked.rank)
    if recipe.eval_strategy != "no" and not data.held_out:
        data = replace(data, held_out=run.inputs / HELD_OUT)
    click.echo(shlex.join(train_command(recipe, base, data, prepared.devices, run)))
    if data.questions:
        click.echo(shlex.join(eval_command(recipe, base, data, run, prepared.questions)))


def _claimed(asked: Recipe, prepared: Prepared) -> Run:
    if asked.rank:  # machine 0 notes whose the folder is
        return Run(shown_folder(asked), prepared.recipe.tuned, {}, trained=False, rank=asked.rank)
    return claim(asked, prepared.recipe, prepared.mark, prepared.devices.world)


def _plain_copies(data: Data, run: Run) -> Data:
    """`data` in the form that LLaVA's own programs read: what is not is written in that form into the run's folder."""
    changed = {}
    for field, content in as_llava_reads(data).items():
        file = getattr(data, field)
        copy = run.inputs / ("train.json" if field == "train" else "questions.jsonl")
        with atomic_file(copy) as opened:
            opened.write(content)
        say(f"{file} is read as {copy}, in the form that LLaVA reads")
        changed[field] = copy
    return replace(data, **changed)


def _with_held_out(data: Data, recipe: Recipe, run: Run) -> Data:
    """`data` with the records that the loss is looked at on, where it is and they are not given."""
    if recipe.eval_strategy == "no" or data.held_out:
        return data
    file = run.inputs / HELD_OUT
    with atomic_file(file) as opened:
        opened.write(held_out_records(data.train.parent, recipe.dataset))
    return replace(data, held_out=file)


def train(prepared: Prepared, data: Data, run: Run) -> None:
    """Align and train, or go on from where the same run was stopped, or do nothing where it has ended."""
    recipe, devices = prepared.recipe, prepared.devices
    # One of several machines cannot know whether the others would train.
    if run.trained and not recipe.several_machines:
        say(f"training: re-used, settings, data and versions are those of {run.checkpoint}")
        return
    wait_for_writer(run.checkpoint)
    if recipe.align and not run.aligned.is_file():
        log = run.folder / "align.log"
        say(f"word alignment: {recipe.align} steps; log: {log}")
        run_logged("word alignment", align_command(recipe, prepared.base, data, run.aligned), log, devices.environment)
    log = run.folder / (f"train-{recipe.rank}.log" if recipe.rank else "train.log")
    say(
        f"training: {recipe.tune}, seed {recipe.seed}, on {devices.words}, {devices.precision}, "
        f"{recipe.global_batch} samples a step; log: {log}"
    )
    command = train_command(recipe, prepared.base, data, devices, run, free_port(recipe))
    run_logged("training", command, log, {**devices.of_a_rank, **trackers_environment(recipe, run)})
    if not recipe.rank:
        run.finished()


def trackers_environment(recipe: Recipe, run: Run) -> dict[str, str]:
    """Where trackers write, which is not beside the model's files."""
    if recipe.report_to == ("none",):
        return {}
    return {"TENSORBOARD_LOGGING_DIR": str(run.folder / BOARD), "WANDB_DIR": str(run.folder)}


def evaluate(prepared: Prepared, data: Data, run: Run) -> None:
    """Answer the questions and score the answers; the last line is the path of results.json."""
    recipe, log = prepared.recipe, run.folder / "eval.log"
    say(f"evaluating with {recipe.evaluator}; log: {log}")
    command = eval_command(recipe, prepared.base, data, run, prepared.questions)
    _keep_earlier(prepared, data, run)
    run_logged("evaluation", command, log, prepared.devices.environment)
    run_plain(results_command(recipe, prepared.base, data, prepared.devices, run, asked_of(recipe)))


def asked_of(recipe: Recipe) -> str:
    """The name of the data in the results: the data set's, or one's own file with its folder."""
    own = recipe.data_path and recipe.data_path.resolve()
    return f"{own.parent.name}/{own.name}" if own else recipe.dataset


def _keep_earlier(prepared: Prepared, data: Data, run: Run) -> None:
    """Set the files of an evaluation aside that asked something else; one that asked the same is gone on from."""
    assert data.questions and data.gold  # it is asked where there are some
    media = [medium.path for question in prepared.questions for medium in question.media]
    asked = {
        "evaluator": prepared.recipe.evaluator,
        "guided": any(question.reasoned for question in prepared.questions),
        **({"numbers": prepared.recipe.numbers} if prepared.recipe.numbers != "greedy" else {}),
        "questions": digest_of(data.questions),
        "gold": digest_of(data.gold),
        "media": signature(media, data.images or Path()),
    }
    note = run.folder / EVALUATED
    if _noted(note) != asked:
        set_aside(run.folder, ("answers.jsonl", "results.json", EVALUATED))
        with atomic_file(note) as file:
            file.write(json.dumps(asked, indent=1).encode())


def _noted(note: Path) -> Any:
    """What it says; of one that was cut off nothing."""
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
