"""The shapes of a base model or a tower: of its folder, of the hub's cache, or of the table of published ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from emobench_data.io.errors import InputError

from ..recipes.base import hub_config

TABLE = Path(__file__).with_name("shapes.yaml")
# What LLaVA adds to a language model's config, beside the shapes.
OF_LLAVA = ("mm_", "emollm_", "tune_mm", "freeze_mm", "use_mm", "image_")


@cache
def published() -> dict[str, dict[str, Any]]:
    """Name -> shapes as published, with their `source`."""
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def shapes_of(name: str, setting: str) -> tuple[dict[str, Any], str]:
    """The config of a model, as a dictionary, and where it was read.

    Args:
        name: a folder, a hub name, or a name of the table.
        setting: that names it, for the error.

    Raises:
        InputError: it is not on this machine, and the table does not have it.
    """
    file = Path(name).expanduser() / "config.json"
    if file.is_file():
        try:
            return json.loads(file.read_text(encoding="utf-8")), str(file)
        except (OSError, ValueError) as error:
            raise InputError(f"{file} cannot be read ({error}); name a model folder whose config.json is whole") from error
    table = published()
    known = table.get(name) or table.get(Path(name).name)
    if known:
        shapes = {key: value for key, value in known.items() if key != "source"}
        return shapes, known["source"]
    content = hub_config(name, fetch=True)
    if not content:
        fault = f"{setting}={name}: its config.json is not here and cannot be fetched"
        raise InputError(f"{fault}; put it in a folder and name that; known without: {', '.join(table)}")
    return content, f"config.json of {name}"


def decoder_shapes(name: str) -> tuple[dict[str, Any], str]:
    """The same of a base model, as the language model alone: a LLaVA checkpoint's without its eyes."""
    shapes, source = shapes_of(name, "BASE_MODEL")
    kept = {key: value for key, value in shapes.items() if not key.startswith(OF_LLAVA)}
    kind = str(kept.get("model_type"))
    kept["model_type"] = "llama" if kind == "llava" else kind.removeprefix("llava_")
    for key in ("architectures", "quantization_config", "auto_map"):
        kept.pop(key, None)
    return kept, source


@contextmanager
def tower_folder(name: str) -> Iterator[tuple[str, str]]:
    """A folder with a vision tower's config and image processor and no weights, and where the shapes were read."""
    shapes, source = shapes_of(name, "VISION_TOWER")
    own = Path(name).expanduser()
    if own.is_dir():
        yield str(own), source
        return
    shapes = shapes.get("vision_config", shapes) | {"model_type": _vision_type(shapes)}
    side = {"height": shapes["image_size"], "width": shapes["image_size"]}
    processor = {"image_processor_type": "CLIPImageProcessor", "size": side, "crop_size": side}
    with TemporaryDirectory() as made:
        (Path(made) / "config.json").write_text(json.dumps(shapes))
        (Path(made) / "preprocessor_config.json").write_text(json.dumps(processor))
        yield made, source


def _vision_type(shapes: dict[str, Any]) -> str:
    kind = str(shapes.get("model_type"))
    return {"clip": "clip_vision_model", "siglip": "siglip_vision_model"}.get(kind, kind)
