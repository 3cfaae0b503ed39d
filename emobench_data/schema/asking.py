"""Where in a prompt the question stands: an item's own words may sound like one."""

from __future__ import annotations

DIALOGUE = "Dialogue:"  # the line that goes before its turns


def first_line(prompt: str) -> str:
    """What texts behind one question have in common."""
    return prompt.partition("\n")[0]


def lines_that_ask(prompt: str, *, alone: bool) -> tuple[str, ...]:
    """The lines of a prompt that may say what is asked for, the likeliest first.

    Args:
        alone: whether a text is asked about, with no medium. Then the question stands first (`tasks.question`), or last, as
            users may write it; else last.
    """
    lines = prompt.split("\n")
    return (lines[0], lines[-1]) if alone else (lines[-1],)
