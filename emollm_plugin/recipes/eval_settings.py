"""What an evaluation of a checkpoint is: every setting with its form, and whether they go together.

`help_eval.txt` beside this file says what each means.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from emobench_data.io.errors import InputError

from .settings import LOADER, OURS, choice, count, path, place, read_value, setting, text, yes_or_no

HELP = Path(__file__).with_name("help_eval.txt")
HOSTS = (LOADER, "model_vqa", "model_vqa_science")


@dataclass(frozen=True)
class EvalSettings:
    """The settings of an evaluation, named as the variables but in small letters; None where one is not set."""

    checkpoint: Path
    evaluator: str = setting(choice(OURS, *HOSTS), OURS)
    questions: Path | None = setting(path)
    gold: Path | None = setting(path)
    image_folder: Path | None = setting(path)
    stimuli: Path | None = setting(path)
    stimuli_place: str = setting(choice("before", "after"), "before")
    general_questions: Path | None = setting(path)
    general_gold: Path | None = setting(path)
    general_images: Path = setting(path, Path("."))
    before: Path | None = setting(path)
    before_base_model: str | None = setting(place)
    before_template: str | None = setting(text)
    likelihood: bool = setting(yes_or_no, False)
    numbers: str = setting(choice("greedy", "expectation"), "greedy")
    base_model: str | None = setting(place)
    template: str | None = setting(text)
    max_new_tokens: int | None = setting(count)
    batch: int | None = setting(count)
    dtype: str | None = setting(text)
    chunks: int | None = setting(count)
    device: str = setting(choice("auto", "cpu", "cuda"), "auto")
    out_dir: Path | None = setting(path)
    stack: str = setting(choice("current", "classic"), "current")

    @property
    def out(self) -> Path:
        """The folder of answers, logs and results."""
        return self.out_dir or self.checkpoint.parent / f"eval-{self.evaluator}"


def read_eval_settings(checkpoint: str | None, environment: Mapping[str, str]) -> EvalSettings:
    """The evaluation that variables describe, its files known to be there.

    Raises:
        InputError: a value is not of its form, settings do not go together, or a file is not there.
    """
    if not checkpoint:
        raise InputError("which CHECKPOINT? give its folder; see --help")
    reads = {one.name: one.metadata["read"] for one in fields(EvalSettings) if "read" in one.metadata}
    given = {name: said for name in reads if (said := environment.get(name.upper()))}
    values = {name: read_value(name.upper(), said, reads[name]) for name, said in given.items()}
    settings = EvalSettings(Path(checkpoint).expanduser().absolute(), **values)
    _check_together(settings)
    _check_files(settings)
    if not settings.checkpoint.is_dir():
        raise InputError(f"CHECKPOINT {checkpoint} is no folder")
    return settings


def _check_together(settings: EvalSettings) -> None:
    ours = {"LIKELIHOOD": int(settings.likelihood), "DTYPE": settings.dtype}
    ours["NUMBERS"] = settings.numbers if settings.numbers != "greedy" else None
    for name, value in ours.items():
        if value and settings.evaluator != OURS:
            raise InputError(f"{name}={value} needs EVALUATOR={OURS}")
    if settings.stimuli and (settings.general_questions or settings.before):
        raise InputError("STIMULI goes with neither GENERAL_QUESTIONS nor BEFORE")
    if settings.before and settings.questions and not settings.gold:
        raise InputError(f"BEFORE={settings.before} needs GOLD, or nothing is compared")


def _check_files(settings: EvalSettings) -> None:
    for name in ("stimuli", "questions", "gold"):
        file = getattr(settings, name)
        if file and not file.is_file():
            raise InputError(f"{name.upper()}={file} does not exist, or is no file")
    general = (settings.general_questions, settings.general_gold)
    if settings.general_questions and not all(file and file.is_file() for file in general):
        raise InputError(f"GENERAL_QUESTIONS={general[0]} and GENERAL_GOLD={general[1] or ''} must both be files")
    if settings.before and not settings.before.is_dir():
        raise InputError(f"BEFORE={settings.before} is no folder")


def checkpoint_of(words: Sequence[str]) -> str | None:
    """The one CHECKPOINT among the words behind the command.

    Raises:
        InputError: there are more, or an option that is none.
    """
    unknown = [one for one in words if one.startswith("-") and one != "--dry-run"]
    if unknown:
        raise InputError(f"unknown argument {unknown[0]}; see --help")
    named = [one for one in words if not one.startswith("-")]
    if len(named) > 1:
        raise InputError(f"one CHECKPOINT at a time; got {named[0]} and {named[1]}")
    return named[0] if named else None


if __name__ == "__main__":  # for the script, before there is an environment: with any Python and no package
    try:
        read_eval_settings(checkpoint_of(sys.argv[1:]), os.environ)
    except InputError as error:
        print("error:", *str(error).split(), file=sys.stderr)
        sys.exit(2)
