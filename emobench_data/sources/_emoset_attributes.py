"""EmoSet's attributes as questions of their own, of the images that have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..schema.draw import draw
from ._fields import BASIC_EMOTIONS, number, words
from ._files import read_json

POLARITY = {
    **dict.fromkeys(("amusement", "awe", "contentment", "excitement"), "positive"),
    **dict.fromkeys(("anger", "disgust", "fear", "sadness"), "negative"),
}
POLARITIES = ("negative", "positive")
EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
SHARES = ("brightness", "colorfulness")
CHOSEN = {"scene": "scene", "human_action": "action"}  # attribute -> sub-task
CHOICES = 10
TASKS = ("polarity", "expression", *SHARES, *CHOSEN.values())


class Asked(NamedTuple):
    """A question about an image: its sub-task, the answer, and what can be chosen."""

    task: str
    answer: Any
    options: tuple[str, ...] = ()


def names_of(root: Path) -> dict[str, tuple[str, ...]]:
    """Attribute -> all of its names, as info.json lists them; without that file scenes and actions are not asked for."""
    content = read_json(root / "info.json") if (root / "info.json").is_file() else {}
    found = {}
    for attribute in CHOSEN:
        own = content.get(attribute) if isinstance(content, dict) else None
        listed = own.get("label2idx") if isinstance(own, dict) else None
        if isinstance(listed, dict):
            found[attribute] = tuple(dict.fromkeys(name for label in listed if (name := _name(label))))
    return found


def asked(key: str, emotion: str, found: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> Iterator[Asked]:
    """The questions about an image of `emotion` whose annotation is `found`; an attribute that is absent asks nothing.

    Args:
        key: of the image, for what is drawn.
        names: of `names_of`; one that is none of them is no answer.
    """
    yield Asked("polarity", POLARITY[emotion], POLARITIES)
    expression = BASIC_EMOTIONS.get(_name(found.get("facial_expression")), "")
    if expression in EXPRESSIONS:
        yield Asked("expression", expression, EXPRESSIONS)
    for share in SHARES:
        value = None if isinstance(found.get(share), bool) else number(found.get(share))
        if value is not None and 0 <= value <= 1:
            yield Asked(share, value)
    for attribute, task in CHOSEN.items():
        name = _name(found.get(attribute))
        if name in names.get(attribute, ()):
            options = among_others(f"{key}/{task}", name, names[attribute])
            if len(options) > 1:
                yield Asked(task, name, options)


def among_others(key: str, own: str, names: tuple[str, ...], size: int = CHOICES) -> tuple[str, ...]:
    """`own` among others of `names`, drawn and placed by a hash of `key`; none of them stands within another one."""
    chosen = [own]
    for turn in range(4 * size):
        other = names[draw(f"{key}/{turn}", len(names))]
        if len(chosen) < size and not any(_within(one, other) or _within(other, one) for one in chosen):
            chosen.append(other)
    place = draw(f"{key}/place", len(chosen))
    return (*chosen[1 : place + 1], own, *chosen[place + 1 :])


def _within(one: str, other: str) -> bool:
    return f" {one} " in f" {other} "


def _name(value: Any) -> str:
    return words(value).replace("_", " ").lower()
