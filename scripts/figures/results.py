"""The table "Results that hold" of the README as a picture: each line with both of its intervals."""

from __future__ import annotations

from pathlib import Path

from benchmarks.quality.contrasts import FACES, Measured, measured
from benchmarks.quality.report import gather
from benchmarks.shared.rows import read_rows

from .pen import INK, QUIET, SMALL, Pen

ROWS = Path(__file__).parents[2] / "benchmarks" / "quality_faces.jsonl"
# What EmoLLM is held against, by contrast; others are of another recipe.
AGAINST = {
    "the perspectives": ("the same", "without perspectives"),
    "perspectives and EmoPrompt": ("the same with LLaVA's", "projector and template"),
    "EmoPrompt": ("the same", "without EmoPrompt"),
    "over logistic regression": ("logistic regression on the", "same features, no language model"),
}
PICTURES, SEEDS = ("#0072B2", 7), ("#B35900", 2.5)  # color and width
TOP, ROW, HEIGHT = 66, 58, 346
MEAN = 690
LEFT, ZERO, POINT = 268, 388, 6.2  # of the plot, of no difference, and a point of accuracy, in pixels


def lines() -> list[Measured]:
    """One for each entry of `AGAINST`, in its order."""
    found = {own.contrast.what: own for own in measured(gather(read_rows(ROWS))) if own.contrast.place == FACES}
    return [found[what] for what in AGAINST]


def draw(pen: Pen) -> None:
    bottom = TOP + ROW * len(AGAINST)
    pen.words(8, 22, "EmoLLM against", bold=True, align="left")
    pen.words(ZERO, 22, "no difference", size=SMALL)
    pen.words(ZERO + 66, 22, "EmoLLM is better", size=SMALL, align="left")
    pen.arrow((ZERO + 184, 22), (ZERO + 214, 22))
    for points in range(-10, 31, 10):
        pen.line((_at(points), TOP - 24), (_at(points), bottom), color="#D0D0D0", width=1)
        pen.words(_at(points), bottom + 16, f"{points:+d}" if points else "0", size=SMALL)
    pen.line((ZERO, 34), (ZERO, bottom), color=INK, width=2)
    pen.words((_at(-10) + _at(30)) / 2, bottom + 36, "points of accuracy", size=SMALL, color=QUIET)
    pen.words(MEAN, 22, "mean", size=SMALL, align="right")
    for y, style, words in ((bottom + 16, PICTURES, "95 % over pictures"), (bottom + 36, SEEDS, "95 % over seeds")):
        _interval(pen, y, 8, 48, *style)
        pen.words(58, y, words, size=SMALL, align="left", most=LEFT - 66)
    for number, own in enumerate(lines()):
        _line(pen, TOP + ROW * number, own)


def _line(pen: Pen, y: float, own: Measured) -> None:
    for number, words in enumerate(AGAINST[own.contrast.what]):
        pen.words(8, y + 18 * number, words, align="left", most=LEFT - 16)
    pen.words(MEAN, y + 9, f"{own.mean:+.1f}", bold=True, align="right")
    for at, ends, style in ((y, own.pictures, PICTURES), (y + 18, own.seeds, SEEDS)):
        _interval(pen, at, *map(_at, ends), *style)
        pen.dot(_at(own.mean), at, 5, "white", edge=style[0])


def _interval(pen: Pen, y: float, low: float, high: float, color: str, width: float) -> None:
    pen.line((low, y), (high, y), color=color, width=width)
    for end in (low, high):
        pen.line((end, y - 5), (end, y + 5), color=color, width=2.5)


def _at(points: float) -> float:
    return ZERO + points * POINT
