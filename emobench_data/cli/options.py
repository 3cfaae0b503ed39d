"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ..building.composition import VIDEOS
from ..building.convert import Form
from ..io.errors import InputError
from ..rationale.choose import MODES, read_rationales
from ..schema.tasks import DIRECT, FORMS, find_task, known_tasks
from .scores import FILE

videos_option = click.option(
    "--videos",
    type=click.Choice(VIDEOS),
    default=VIDEOS[0],
    show_default=True,
    help="A clip as a picture of four of its frames, for LLaVA 1.5, or as itself, for EmoLLM's training and evaluator.",
)


def sub_tasks(_context: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """None for all, those of other packages among them."""
    names = tuple(name.strip() for name in text.split(",")) if text else None
    if unknown := [name for name in names or () if find_task(name) is None]:
        raise InputError(f"--{option.name} {text}: {unknown[0]!r} is no sub-task; known: {', '.join(known_tasks())}")
    return names


def listed_names(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name.strip() for name in text.split(",")) if text else ()


def form_options(command: Callable) -> Callable:
    """The options of a command that writes LLaVA's files; they arrive as one `Form`."""

    @click.option(
        "--rationale",
        type=click.Choice(MODES),
        default="none",
        show_default=True,
        help="Train answers only; the records with a rationale only; half of these, or all, and the others without.",
    )
    @click.option("--rationales", type=FILE, help="Take rationales from this file instead of making them by rule.")
    @click.option(
        "--form",
        type=click.Choice(FORMS),
        default=DIRECT,
        show_default=True,
        help="Ask for the answer, or for reasons and a closing line: in sentences (guided) or in steps.",
    )
    @click.option(
        "--reasoned",
        metavar="SUB-TASKS",
        callback=sub_tasks,
        help="The sub-tasks that rationales and form are for, with commas between; default: all.",
    )
    @click.option("--keep-records", is_flag=True, help="Write the training records too, for the command rationale.")
    @wraps(command)
    def with_form(
        *,
        rationale: str,
        rationales: Path | None,
        form: str,
        reasoned: tuple[str, ...] | None,
        keep_records: bool,
        **others: Any,
    ) -> None:
        if rationales and rationale == "none":
            raise InputError(f"--rationales {rationales}: also say how to train with them: --rationale only, mixed or all")
        known = read_rationales(rationales) if rationales else None
        command(form=Form(rationale, known, form, reasoned, keep_records), **others)

    return with_form
