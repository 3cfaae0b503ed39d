"""The house: rooms by floor, from the contracts that a program holds the code to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import tomllib

from emobench_data.io.errors import InputError

from .pen import DATA, OURS, PLAIN, SMALL, WRONG, Kind, Pen

ROOT = Path(__file__).parents[2]
FLOOR, ROOF, WIDE = 42, 62, 318

# What a room is for, in a few words.
DUTIES = {
    "emollm_plugin": {
        "cli": "the command emollm",
        "planning": "what a training needs",
        "recipes": "from settings to scores",
        "hf": "exports, engines",
        "host": "hooks in LLaVA",
        "serving": "ask, explain, a page",
        "evaluation": "answers",
        "alignment": "word alignment",
        "training": "checks, loss, saving, resume",
        "checkpoints": "model folders",
        "attach": "meets LLaVA",
        "media": "clips, sounds",
        "compat": "upstream fixes",
        "projector": "visual tokens",
        "towers": "encoders",
        "prompt": "EmoPrompt",
        "registry": "names that others add",
    },
    "emobench_data": {
        "cli": "the command python -m emobench_data",
        "sharding": "training records in parts on disk",
        "validation": "faults of a training file",
        "building": "composed, split, free of leaks",
        "rationale": "reasons to train with",
        "export": "files for others",
        "report": "a page on runs",
        "scoring": "one scorer",
        "mini": "drawings",
        "sources": "data sets",
        "schema": "records, tasks, questions",
        "media": "pictures, clips, sounds",
        "metrics": "metrics and their intervals",
        "io": "files and endpoints",
    },
}


class House(NamedTuple):
    """A package: its floors from above, and the rooms on each."""

    name: str
    floors: list[list[str]]


def contracts(file: Path = ROOT / "pyproject.toml") -> tuple[dict[str, House], list[str]]:
    """The houses by name, and what the benchmark must not import."""
    found: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layered = {one["containers"][0]: one["layers"] for one in found if one["type"] == "layers"}
    houses = {name: House(name, [_rooms(layer) for layer in layers]) for name, layers in layered.items()}
    (forbidden,) = [one["forbidden_modules"] for one in found if one["type"] == "forbidden"]
    return houses, forbidden


def _rooms(layer: str) -> list[str]:
    return [room for room in map(str.strip, layer.split("|")) if not room.startswith("_")]


def height() -> int:
    houses, _ = contracts()
    return ROOF + FLOOR * max(len(house.floors) for house in houses.values()) + 56


def draw(pen: Pen) -> None:
    houses, forbidden = contracts()
    plugin, bench = houses["emollm_plugin"], houses["emobench_data"]
    left, right = 10, 700 - 10 - WIDE
    _house(pen, left, plugin, OURS)
    _house(pen, right, bench, DATA)
    ground = ROOF + FLOOR * len(plugin.floors) + 20
    pen.words(left + WIDE / 2, ground, "all that touches torch or LLaVA", size=SMALL, most=WIDE)
    pen.words(left + WIDE / 2, ground + 17, "a room imports from the rooms below it", size=SMALL, most=WIDE)
    strangers = [name for name in forbidden if name != plugin.name]
    pen.words(right + WIDE / 2, ground, "never imports emollm_plugin,", size=SMALL, most=WIDE)
    pen.words(right + WIDE / 2, ground + 17, f"{', '.join(strangers[:-1])} or {strangers[-1]}", size=SMALL, most=WIDE)
    _between(pen, left + WIDE, right)


def _house(pen: Pen, x: float, house: House, kind: Kind) -> None:
    _check(house)
    bottom = ROOF + FLOOR * len(house.floors)
    pen.area((x, ROOF - 4), (x + WIDE / 2, 6), (x + WIDE, ROOF - 4), kind=kind)
    pen.words(x + WIDE / 2, ROOF - 18, house.name, bold=True, size=15)
    pen.arrow((x + 8, ROOF + 4), (x + 8, bottom - 4), color=kind.edge)
    for number, rooms in enumerate(house.floors):
        wide = (WIDE - 20) / len(rooms)
        for place, room in enumerate(rooms):
            lines = room, DUTIES[house.name][room]
            at = x + 20 + wide * place
            pen.box(at, ROOF + FLOOR * number + 2, wide - 2, FLOOR - 4, *lines, kind=kind if number % 2 else PLAIN)


def _check(house: House) -> None:
    rooms, told = {room for floor in house.floors for room in floor}, {*DUTIES[house.name]}
    if rooms != told:
        missing, gone = sorted(rooms - told), sorted(told - rooms)
        raise InputError(f"scripts/figures/house.py: DUTIES of {house.name} lacks {missing} and has {gone} too much")


def _between(pen: Pen, left: float, right: float) -> None:
    """The plug-in may import the benchmark, never the reverse."""
    middle, y = (left + right) / 2, ROOF + 150
    pen.arrow((left + 3, y), (right - 3, y))
    pen.words(middle, y - 28, "may", size=SMALL, most=right - left)
    pen.words(middle, y - 13, "import", size=SMALL, most=right - left)
    y += 66
    pen.arrow((right - 3, y), (left + 3, y), dashed=True)
    pen.line((middle - 7, y - 7), (middle + 7, y + 7), color=WRONG.edge, width=2.5)
    pen.line((middle - 7, y + 7), (middle + 7, y - 7), color=WRONG.edge, width=2.5)
    pen.words(middle, y - 18, "never", size=SMALL, most=right - left)
