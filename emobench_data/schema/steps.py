"""Reasons in steps: what is seen or said, line by line, then what it comes to, which the answer repeats.

    Words: glad
    Picture: gloomy
    Clash: yes
    Answer: Yes

A step is a name and a value, and can be read off the item or off the steps before it, so that each can be scored (our
reading of EmoPrompt).
"""

from __future__ import annotations

import re

from .parsing import normal, reasons

Steps = tuple[tuple[str, str], ...]

_LINE = re.compile(r"([A-Z][\w -]{0,40}): *(\S.*)")


def written(steps: Steps) -> str:
    """Steps as they are trained, a line each, without the closing line."""
    return "\n".join(f"{name}: {value}" for name, value in steps)


def read_steps(answer: str) -> Steps:
    """The steps of a model's answer without its closing line; empty where a line is none, or two have one name."""
    found = lines_of(answer)
    return found if len({name for name, _ in found}) == sum(map(bool, map(str.strip, reasons(answer).split("\n")))) else ()


def lines_of(answer: str) -> Steps:
    """Those lines of an answer that are steps, whatever the others are."""
    lines = (line.strip() for line in reasons(answer).split("\n"))
    return tuple((match[1], match[2].rstrip(". ")) for line in lines if (match := _LINE.fullmatch(line)))


def agrees(steps: Steps, answer: str) -> bool:
    """Whether the last of `steps` says `answer`."""
    return bool(steps) and normal(steps[-1][1]) == normal(answer)
