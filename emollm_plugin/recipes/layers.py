"""Where settings come from, the nearer before the farther: `key=value`, the environment, a recipe's file, the data set's.

The environment goes before the file, so that a launcher such as `finetune_lora.sh`, or the job of a cluster, can vary a
recipe that it did not write; what is typed behind the command goes before both. What the environment changes of a file is
said, so that no variable that was forgotten in a shell changes a recipe in silence.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from emobench_data.io.errors import InputError

from .host_arguments import parse
from .recipe import Recipe
from .settings import RENAMED, Read, nearest, read_value, refuse_misspelt

logger = logging.getLogger(__name__)

PRESETS = Path(__file__).with_name("presets")
READS: dict[str, Read] = {one.name: one.metadata["read"] for one in fields(Recipe)}
_WITH_PRESET = ("oasis", "fer2013", "emobank", "semeval2018", "esconv", "emodb", "ravdess")
# The recipes of data sets, taken where nothing else is asked for than the data.
OF_DATA = {"mini": "default"} | {name: name for name in _WITH_PRESET}
# What is asked for -> what a shipped recipe said for something else, and that follows anew.
FOLLOWS = {
    "base_model": ("template", "projector", "select_layer", "align", "learning_rate", "projector_lr"),
    "data_path": ("tasks", "rationale", "form", "reasoned"),
    "rationale": ("form", "reasoned"),
    "form": ("rationale", "reasoned"),
    "tune": ("lora_r", "lora_alpha", "lora_targets", "lora_layers", "learning_rate", "projector_lr"),
    "pretrain_projector": ("align",),
    "hostfile": ("align",),
    "nodes": ("align",),
}


@dataclass(frozen=True)
class Said:
    """What one source says of a setting: the text, and the name and the place that an error gives."""

    text: str
    shown: str

    def read(self, key: str) -> Any:
        """Its value; raises `InputError`."""
        return read_value(self.shown, self.text, READS[key])


Layer = Mapping[str, Said]


def read_recipe(
    environment: Mapping[str, str], recipe: str | None = None, changes: Sequence[str] = (), arguments: Sequence[str] = ()
) -> Recipe:
    """The recipe that all sources describe together, each setting in its form.

    Args:
        environment: variables, named as the settings in capitals.
        recipe: a YAML file, or the name of a shipped recipe.
        changes: `key=value` each.
        arguments: words for the host's training command, added to the recipe's `host_arguments`.

    Raises:
        InputError: a value is not of its form, a name is none but looks like one, or a word of `arguments` is no argument.
    """
    file = _file_of(recipe) if recipe else None
    of_file = _of_file(file) if file else {}
    near = [of_file, _of_environment(environment), _of_changes(changes)]
    shipped = file is not None and file.parent == PRESETS
    layers = [(layer, index > 0 or not shipped) for index, layer in enumerate(near)]
    values = {key: said.read(key) for key, said in _merged([(_of_data(near), False), *layers]).items() if said.text}
    parse(arguments)  # by themselves: a word behind the recipe's own would be taken for a value of these
    given = (*values.pop("host_arguments", ()), *arguments)
    return Recipe(**values, host_arguments=given)


def overridden(environment: Mapping[str, str], recipe: str | None) -> list[str]:
    """The variables, `NAME=value` each, that say otherwise than the recipe's file does."""
    there = _of_file(_file_of(recipe)) if recipe else {}
    ours = _of_environment(environment)
    return [f"{said.shown}={said.text}" for key, said in ours.items() if key in there and there[key].text != said.text]


def _merged(layers: Iterable[tuple[Layer, bool]]) -> dict[str, Said]:
    """All layers in one, the last before the first. What a shipped one said gives way where `FOLLOWS` says so."""
    merged: dict[str, Said] = {}
    own: set[str] = set()  # settings of the user's
    for layer, users in layers:
        for cause, dependent in FOLLOWS.items():
            if cause in layer and layer[cause].text != (merged[cause].text if cause in merged else ""):
                for key in {*dependent} - own - {*layer}:
                    merged.pop(key, None)
        merged.update(layer)
        own |= {*layer} if users else set()
    return merged


def _of_data(layers: Sequence[Layer]) -> Layer:
    """The shipped recipe of the data set that `layers` name; nothing where there are data of one's own."""
    said = {key: said.text for layer in layers for key, said in layer.items() if key in ("dataset", "data_path")}
    name = None if said.get("data_path") else OF_DATA.get(said.get("dataset") or Recipe.dataset)
    return {key: one for key, one in _of_file(PRESETS / f"{name}.yaml").items() if key != "dataset"} if name else {}


def usual_tuning(dataset: str) -> str:
    """What is tuned on a data set where nothing is said."""
    said = _of_data([{"dataset": Said(dataset, "")}]).get("tune")
    return said.text if said else "lora"


def usual_reasons(dataset: str) -> tuple[str, str, tuple[str, ...] | None]:
    """Rationale, form and the sub-tasks that these are for, on a data set where nothing is said."""
    said = _of_data([{"dataset": Said(dataset, "")}])
    values = {key: said[key].read(key) for key in ("rationale", "form", "reasoned") if key in said}
    return values.get("rationale", Recipe.rationale), values.get("form", Recipe.form), values.get("reasoned")


def _of_environment(environment: Mapping[str, str]) -> Layer:
    refuse_misspelt(environment, {key.upper(): read for key, read in READS.items()})
    # The earlier name first, so that today's goes before it.
    said = {name: text for name in (*RENAMED, *READS) if (text := environment.get(name.upper()))}
    return {_now(name): Said(text, name.upper()) for name, text in said.items()}


def _of_changes(changes: Sequence[str]) -> Layer:
    layer = {}
    for change in changes:
        key, equals, text = change.partition("=")
        key = key.lower().replace("-", "_")
        if not equals:
            raise InputError(f"{change}: only one RECIPE can be given, and then key=value; what is the host's goes behind --")
        now = _now(key)
        _refuse_unknown(now, change)
        layer[now] = Said(text, key)
    return layer


def _now(name: str) -> str:
    """The name of a setting, for that or an earlier one."""
    if name in RENAMED:
        _say_renamed(name)
    return RENAMED.get(name, name)


@cache
def _say_renamed(name: str) -> None:
    logger.warning("%s is called %s now", name.upper(), RENAMED[name].upper())


def _refuse_unknown(key: str, place: str) -> None:
    if key not in READS:
        near = nearest(key, READS)
        raise InputError(f"{place}: {key} is no setting; " + (f"is {near} meant?" if near else "see `emollm settings`"))


def shipped_recipes() -> list[str]:
    """Names that stand for the files of `presets/`."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def _file_of(recipe: str) -> Path:
    shipped = PRESETS / f"{recipe}.yaml"
    path = Path(recipe).expanduser()
    if "/" not in recipe and shipped.is_file() and not path.is_file():
        return shipped
    if path.is_file():
        return path.absolute()
    ours = shipped_recipes()
    near = nearest(recipe, ours)
    meant = f"; is {near} meant?" if near else ""
    raise InputError(f"{recipe} is no file and no recipe of ours{meant} (ours: {', '.join(ours)})")


@cache
def _of_file(file: Path) -> Layer:
    """What a YAML file says: its values as text, which the same readers take as those of the environment.

    Raises:
        InputError: it is no mapping of settings to values; with the line.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); a recipe is a YAML text in UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or str(error)
        raise InputError(f"{file}{line}: is no YAML ({why}); write `key: value`") from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{file}: holds no settings; write a line `key: value` for each")
    layer: dict[str, Said] = {}
    for key_node, value in node.value:
        key, place = str(key_node.value), f"{file}, line {key_node.start_mark.line + 1}"
        key = _now(key)
        _refuse_unknown(key, place)
        if key in layer:
            raise InputError(f"{place}: {key} stands there a second time; take one out")
        layer[key] = Said(_text_of(value, key, place), f"{place}: {key}")
    return layer


def _text_of(node: yaml.Node, key: str, place: str) -> str:
    if isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        items = [str(item.value) for item in node.value]
        return shlex.join(items) if key == "host_arguments" else ",".join(items)
    if not isinstance(node, yaml.ScalarNode):
        raise InputError(f"{place}: {key} takes a value or a list of values; write `{key}: value`")
    return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
