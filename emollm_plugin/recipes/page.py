"""`run.md` and `loss.png` in a run's folder: what was trained, how it went, and how to go on. What a user wrote there stays."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any

from emobench_data.io.atomic import atomic_file
from emobench_data.scoring.table import score_table

from . import curve
from .defaults import data_name
from .devices import Devices
from .prepare import Base, Data
from .process import say
from .recipe import Recipe
from .resolved import FILE
from .runs import Run

PAGE, FIGURE = "run.md", "loss.png"
HEAD = "<!-- written by emollm train; it is written anew unless it was changed: {} -->\n"
# What the trainer logs -> what it is, and how it is shown.
FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "samples_per_second": ("samples a second", lambda value: f"{value:.3g}"),
    "answer_tokens_per_second": ("answer tokens a second", lambda value: f"{value:.3g}"),
    "waiting_for_data": ("share of the time that waited for data", lambda value: f"{value:.1%}"),
}

BY_TASK, LAST = "loss_", 4  # the trainer's names of losses by sub-task, and how many of the last are looked at


def write_page(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run) -> Path:
    """Write what is known of a run that has been trained, with its scores where it has been evaluated; gives the page."""
    history = curve.read_history(run.checkpoint)
    figure = _figure(history, run.folder)
    parts = [f"# {run.folder.name}", _what(recipe, base, data, devices, run), _how(history)]
    parts += [f"![Loss over steps]({figure.name})"] if figure else []
    parts += [_scores(run.folder), _next(run)]
    body = "\n\n".join(filter(None, parts)) + "\n"
    page = _place(run.folder / PAGE, _unchanged)
    with atomic_file(page) as file:
        file.write((HEAD.format(_digest(body)) + body).encode())
    return page


def _what(recipe: Recipe, base: Base, data: Data, devices: Devices, run: Run) -> str:
    rates = f"{recipe.learning_rate:g}" + (f", projector {recipe.projector_lr:g}" if recipe.projector_lr else "")
    length = f"{recipe.max_steps} steps" if recipe.max_steps > 0 else f"epochs: {recipe.epochs:g}"
    rows = {
        "base model": f"{base.name}, template {base.template}",
        "vision tower": f"{recipe.vision_tower}, layer {recipe.select_layer}",
        "projector": recipe.projector,
        "audio tower": recipe.audio_tower,
        "trained": f"{recipe.tune}, seed {recipe.seed}, {length}, {recipe.global_batch} samples a step",
        "learning rate": rates,
        "data": f"{data_name(recipe)}: {data.train}",
        "on": f"{devices.words}, {devices.precision}, ZERO={recipe.zero}",
        "checkpoint": str(run.checkpoint),
        "recipe": f"`{_command('emollm', 'train', run.folder / FILE)}`",
    }
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items() if value]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|")


def _how(history: curve.History) -> str:
    """How fast it was and where the loss ended; the median over the run, what is the most at any time."""
    losses, most = curve.points(history, "loss"), curve.points(history, "peak_memory_gb")
    rows = []
    for step, loss in (losses[0], losses[-1]) if losses else ():
        rows.append(f"| loss at step {step} | {loss:.4f} |")
    for name in sorted({name for entry in history for name in entry if name.startswith(BY_TASK)}):
        last = [value for _, value in curve.points(history, name)][-LAST:]
        rows.append(f"| loss of {name.removeprefix(BY_TASK)}, mean of the last {len(last)} values | {mean(last):.4f} |")
    for name, (words, shown) in FIGURES.items():
        value = curve.usual(history, name)
        rows += [f"| {words} | {shown(value)} |"] if value is not None else []
    rows += [f"| memory at most, of a process or its GPU | {max(value for _, value in most):.2f} GB |"] if most else []
    return "\n".join(["## How it went", "", "| | |", "| --- | --- |", *rows]) if rows else ""


def _figure(history: curve.History, folder: Path) -> Path | None:
    if not curve.points(history, "loss"):
        return None
    file = _place(folder / FIGURE, curve.is_ours)
    try:
        with atomic_file(file) as opened:
            curve.draw(history, opened, folder.name)
    except ImportError:
        say(f"{FIGURE} is left out, for the package matplotlib is not installed")
        return None
    return file


def _scores(folder: Path) -> str:
    file = folder / "results.json"
    if not file.is_file():
        return "## Scores\n\nNot evaluated."
    return f"## Scores\n\n```\n{score_table(json.loads(file.read_text(encoding='utf-8')))}\n```"


def _next(run: Run) -> str:
    lines = [
        _command("emollm", "ask", run.checkpoint, "photo.jpg"),
        _command("emollm", "explain", run.checkpoint, "photo.jpg", "--out", "seen.png"),
        _command("emollm", "export", run.checkpoint, "--out", "MODEL"),
    ]
    lines += [_command("emollm", "report", run.folder, "--out", "report")] if (run.folder / "results.json").is_file() else []
    lines += [_command("emollm", "train", run.folder / FILE, "seed=1") + "  # the same with another seed"]
    return "\n".join(["## How to go on", "", "```sh", *lines, "```"])


def _command(*words: Any) -> str:
    return shlex.join(map(str, words))


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _unchanged(page: Path) -> bool:
    """Whether a page is as it was written."""
    head, _, body = page.read_text(encoding="utf-8", errors="replace").partition("\n")
    said = re.fullmatch(re.escape(HEAD.strip()).replace(re.escape("{}"), r"(\w+)"), head)
    return said is not None and said[1] == _digest(body)


def _place(wanted: Path, ours: Callable[[Path], bool]) -> Path:
    """`wanted`, or where a user has put or changed such a file, the next name with a number that is free or ours."""
    return next(path for path in _names(wanted) if not path.exists() or (path.is_file() and ours(path)))


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    number = 2
    while True:
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        number += 1
