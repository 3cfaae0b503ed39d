"""The base model and the data of a run, made ready."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emobench_data.building.convert import CARD
from emobench_data.building.image_folder import image_folder_of
from emobench_data.export.llava import TRAIN
from emobench_data.io.errors import InputError

from .._home import CLONE
from .defaults import AUDIO_TOWER, data_name
from .process import answer_of, run_plain, say
from .recipe import Recipe

SMALL_BASE = "smollm2-135m-instruct"
WHISPER = "whisper-tiny-en"  # as `towers.audio`, which needs more than its name
MADE = "emollm_base_both.json"  # as `base_models.COMPLETE`, which needs torch
LOCK = ".lock"


@dataclass(frozen=True)
class Base:
    """A base model and the template that it is asked in."""

    name: str
    template: str


@dataclass(frozen=True)
class Data:
    """Files of a run: LLaVA's training JSON, the folder of its media, and questions with their answers, or None.

    `held_out` is JSON as for training, on which the loss is looked at.
    """

    train: Path
    images: Path | None
    questions: Path | None
    gold: Path | None
    held_out: Path | None = None


def prepare_base(recipe: Recipe, *, dry: bool = False) -> Base:
    """The base model, got and converted where it is the default one; a dry run asks no model hub."""
    if recipe.base_model:
        template = recipe.template
        if not template and dry and not Path(recipe.base_model).is_dir():
            template = f"<emollm template {recipe.base_model}>"
        if not template:
            template = answer_of([sys.executable, "-m", "emollm_plugin.cli", "template", recipe.base_model])
        say(f"template: {template}")
        return Base(recipe.base_model, template)
    folder = recipe.models / SMALL_BASE
    if not (folder / MADE).is_file():
        with one_at_a_time(recipe.models):
            _get_small_base(recipe, folder)
    return Base(str(folder), recipe.template or "emoprompt_chatml")


def _get_small_base(recipe: Recipe, folder: Path) -> None:
    if (folder / MADE).is_file():
        return
    command = ["-m", "emollm_plugin.cli", "base", "get", str(folder), "--downloads", str(recipe.downloads)]
    if recipe.stack == "current" or CLONE is None:
        run_plain([sys.executable, *command])
        return
    # transformers 4.37 reads no GGUF: the current stack converts it once, and both read the folder that it writes.
    say("converting the base model with the current stack (once)")
    lines = 'unset VENV; STACK=current; source "$0/scripts/lib.sh"; setup_env; exec "$VENV/bin/python" "$@"'
    run_plain(["bash", "-c", lines, str(CLONE), *command])


def prepare_ears(recipe: Recipe) -> dict[str, str]:
    """The audio tower, got where it is the small one of the package registry; and variables that say where that lies."""
    if recipe.audio_tower != AUDIO_TOWER:
        return {}
    folder = recipe.models / WHISPER
    if not (folder / "config.json").is_file():
        with one_at_a_time(recipe.models):
            command = ["base", "whisper", "--folder", str(folder), "--downloads", str(recipe.downloads)]
            run_plain([sys.executable, "-m", "emollm_plugin.cli", *command])
    return {"MODELS": str(recipe.models.absolute())}


def prepare_data(recipe: Recipe) -> Data:
    """The data set written as LLaVA's files, or the user's own as they are.

    Raises:
        InputError: no record of the data set was left to train on.
    """
    if recipe.data_path:
        return Data(recipe.data_path, recipe.image_folder, recipe.questions, recipe.gold, recipe.eval_data)
    out, images, command = _data_command(recipe)
    if recipe.dataset == "mini":
        say(f"EmoBench-mini in {out}")
    else:
        say(f"converting {recipe.dataset} from {recipe.data_root}")
    with one_at_a_time(recipe.data_dir):
        run_plain([sys.executable, "-m", "emobench_data", *command])
    train = out / TRAIN
    if not train.is_file():  # a split without a record gets no file
        raise InputError(f"{recipe.dataset}: no record is left to train on; {out / CARD} says which were left out, and why")
    images = image_folder_of(out, images)
    part = ""
    if not (out / "questions.jsonl").is_file() and (out / "val_questions.jsonl").is_file():
        say(f"this copy of {recipe.dataset} has no test part: its validation part, which training does not see, is asked")
        part = "val_"
    questions, gold = out / f"{part}questions.jsonl", out / f"{part}gold.jsonl"
    return Data(train, images, questions, gold, recipe.eval_data)


def _data_command(recipe: Recipe) -> tuple[Path, Path, list[str]]:
    """Where the data go, where their media lie, and the arguments of `emobench_data` that write them."""
    form = ["--rationale", recipe.rationale, "--form", recipe.form, "--videos", recipe.videos]
    form += ["--reasoned", ",".join(recipe.reasoned)] if recipe.reasoned else []
    mini = recipe.dataset == "mini"
    part = f"{recipe.mini_train}-{recipe.mini_test}" if mini else f"seed{recipe.seed}"
    suffix = data_name(recipe)[len(recipe.dataset) :]
    out = recipe.data_dir / f"{recipe.dataset}-{part}{suffix}"
    if mini:
        sizes = ["--train", str(recipe.mini_train), "--test", str(recipe.mini_test)]
        return out, out / "media", ["mini", "--out", str(out), *sizes, *form]
    faulty = [] if recipe.faulty_media is None else ["--faulty-media", f"{recipe.faulty_media:g}"]
    places = ["--root", str(recipe.data_root), "--out", str(out), "--seed", str(recipe.seed)]
    some = ["--tasks", ",".join(recipe.tasks)] if recipe.tasks else []
    some += ["--fold", str(recipe.fold)] if recipe.fold is not None else []
    some += ["--hold-out", ",".join(recipe.hold_out)] if recipe.hold_out else []
    return out, Path(recipe.data_root or "").resolve(), ["convert", recipe.dataset, *places, *some, *form, *faulty]


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made: another launcher that is to write there waits, and then finds what was made."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "a") as file:  # for writing: over NFS nothing else can be held alone
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
