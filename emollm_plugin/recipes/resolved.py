"""The recipe that a run followed, with all that followed from it, as a file that makes the same run again."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from emobench_data.io.atomic import atomic_file

from .devices import Devices
from .prepare import Base
from .recipe import Recipe

FILE = "recipe.yaml"
HEAD = "# What this run followed. `emollm train {file}` makes it again; key=value behind it changes it.\n"
# Not of the recipe but of one start of it: where it goes, what is deleted for it, and the place of this machine in it.
OF_A_START = {"run_dir", "overwrite", "node_rank", "resume"}
PLACES = {"base_model", "vision_tower", "audio_tower", "zero"}  # names that may be those of files


def resolved(recipe: Recipe, base: Base, devices: Devices) -> dict[str, Any]:
    """Setting -> value, such as YAML holds, of all that is not as it is without saying."""
    values = {one.name: getattr(recipe, one.name) for one in fields(Recipe) if one.name not in OF_A_START}
    values |= {"template": base.template, "device": devices.kind, "precision": devices.precision}
    if recipe.resume_path:
        values["resume"] = recipe.resume_path
    if recipe.data_path:  # the data set is not looked at then
        values.pop("dataset")
    # Of two ways to say when checkpoints are written, one is refused beside the other.
    values.pop("save_minutes" if recipe.save_steps else "save_steps")
    return {name: _plain(name, value) for name, value in values.items() if value is not None and value != ()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Path) or (name in PLACES and Path(str(value)).expanduser().exists()):
        return str(Path(value).expanduser().absolute())
    return value


def save(file: Path, values: dict[str, Any]) -> None:
    """Write the recipe of a run, once: it is the same for all that go on with it."""
    if file.is_file():
        return
    with atomic_file(file) as opened:
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=120)
        opened.write((HEAD.format(file=file) + text).encode())
