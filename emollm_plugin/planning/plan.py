"""The plan of a recipe: what its training needs, as a dictionary that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from emobench_data.io.errors import InputError

from ..projector.options import FAMILY, ProjectorOptions
from ..recipes.defaults import with_batch, with_defaults
from ..recipes.devices import slots
from ..recipes.inputs import read_records
from ..recipes.recipe import Recipe
from . import work
from .activations import Activations, count
from .fit import MODES, STAGES, fits, go_together
from .memory import Setting, memory
from .model import Shapes, shapes


@dataclass(frozen=True)
class Sample:
    """What is known of the samples.

    Args:
        length: tokens of the longest, pictures among them, which must fit; None for MAX_LENGTH.
        text: tokens of text of a usual one.
        answers: tokens of it that are learned.
        number: of samples; None for those of the data where these are at hand.
    """

    length: int | None = None
    text: int = 256
    answers: int = 64
    number: int | None = None


@dataclass(frozen=True)
class _Mode:
    """What is known of a recipe that is trained in one mode."""

    shapes: Shapes
    activations: Activations


def make_plan(asked: Recipe, sample: Sample, tflops: float | None = None) -> dict[str, Any]:
    """What the training that `asked` describes needs on GPUs; nothing is run and no weight is read.

    Args:
        tflops: what a GPU achieves, in 10^12 operations a second; None leaves the hours out.

    Raises:
        InputError: shapes, OPTIMIZER or ZERO are not known, or a sample is longer than MAX_LENGTH.
    """
    gpus = slots(asked.hostfile) if asked.hostfile else (asked.gpus or 1) * asked.nodes
    recipe = with_batch(with_defaults(asked), gpus)
    precision = recipe.precision or ("fp32" if recipe.device == "cpu" else "bf16")
    pictures = _frames(recipe)
    length = sample.length or recipe.max_length
    modes = {name: _mode(asked, name, length, pictures, precision) for name in ("full", "lora", "projector")}
    modes["qlora"] = modes["lora"]
    own = modes[recipe.tuned]
    usual = pictures * own.shapes.visual + sample.text
    _check_length(recipe, pictures * own.shapes.visual, length)
    setting = _setting(recipe, sample.answers, gpus, precision)

    def needs(one: Setting) -> dict[str, int]:
        return memory(modes[one.tune].shapes, modes[one.tune].activations, one)

    number = _samples(recipe) if sample.number is None else sample.number
    return {
        "setting": {**asdict(setting), "global_batch": recipe.global_batch, "longest": length, "usual": min(usual, length)},
        "sources": dict(own.shapes.sources),
        "visual_tokens": pictures * own.shapes.visual,
        "parameters": _counts(own.shapes),
        "memory": needs(setting),
        "activations_a_sample": {name: _kept(mode.activations) for name, mode in modes.items()},
        "modes": [
            {"tune": tune, "zero": zero, **needs(replace(setting, tune=tune, zero=zero))}
            for tune in MODES
            for zero in STAGES
            if go_together(tune, zero)
        ],
        "cards": fits(setting, lambda one: needs(one)["total"]),
        **_work(recipe, own.shapes, setting, min(usual, length), pictures, number, tflops),
    }


def _setting(recipe: Recipe, answers: int, gpus: int, precision: str) -> Setting:
    return Setting(
        tune=recipe.tuned,
        zero=recipe.zero,
        batch=recipe.batch or 1,
        answers=answers,
        checkpointing=recipe.checkpointing,
        gpus=gpus,
        precision=precision,
        optimizer=recipe.optimizer or "",
    )


def _mode(asked: Recipe, tune: str, length: int, pictures: int, precision: str) -> _Mode:
    recipe = with_defaults(replace(asked, tune=tune))
    sizes = shapes(recipe)
    return _Mode(sizes, count(recipe, sizes, length, pictures=pictures, precision=precision))


def _counts(sizes: Shapes) -> dict[str, dict[str, int]]:
    return {part: {"all": number, "trained": sizes.trained.get(part, 0)} for part, number in sizes.parameters.items()}


def _kept(activations: Activations) -> dict[str, int]:
    kept = {"plain": activations.kept(checkpointing=False), "checkpointing": activations.kept(checkpointing=True)}
    return kept | {"of_these_projector": activations.projector}


def _frames(recipe: Recipe) -> int:
    """Pictures of a sample: one, or the frames of a clip."""
    if recipe.videos != "clips":
        return 1
    return (ProjectorOptions.of(recipe.projector or FAMILY) or ProjectorOptions()).frames


def _check_length(recipe: Recipe, visual: int, length: int) -> None:
    if visual >= length:
        raise InputError(
            f"{visual} visual tokens leave no room for text in {length} (MAX_LENGTH={recipe.max_length}); take a PROJECTOR "
            "with fewer tokens, such as multiperspective:tokens=144"
        )
    if length > recipe.max_length:
        raise InputError(f"--length {length} is above MAX_LENGTH={recipe.max_length}; give at most that")


def _samples(recipe: Recipe) -> int | None:
    """How many samples the data have, where that can be seen."""
    if recipe.data_path:
        return len(read_records(recipe.data_path)) if recipe.data_path.is_file() else None
    return recipe.mini_train if recipe.dataset == "mini" else None


def _work(
    recipe: Recipe, sizes: Shapes, setting: Setting, length: int, pictures: int, number: int | None, tflops: float | None
) -> dict[str, Any]:
    """Arithmetic, communication, disk and, where they follow, steps and hours."""
    batch = recipe.global_batch or 1
    flops = batch * work.sample_flops(sizes, setting, length, pictures)
    said: dict[str, Any] = {
        "flops_a_step": flops,
        "sent_a_step": work.communication(sizes, setting, batch // setting.batch // setting.gpus),
        "disk": {**work.disk(sizes, setting), "checkpoints_kept": recipe.save_limit},
        "samples": number,
    }
    if number is None:
        return said
    said["steps"] = work.steps(number, recipe.epochs, batch, recipe.max_steps)
    if tflops:
        said["hours"] = work.hours(flops, said["steps"], setting.gpus, tflops)
    return said
