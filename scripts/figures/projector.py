"""The projectors: what each perspective makes of what the encoder gives, and how it comes to the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from emollm_plugin.projector.options import ON_SOUND, PERSPECTIVES, ProjectorOptions, SoundOptions

from .pen import DATA, DONE, INK, OURS, PLAIN, QUIET, SMALL, Pen

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#B8B8B8"
SIDE = 42  # of the small pictures
LANE, STEP, TOP = 58, 68, 14
LEFT, RIGHT = 128, 438  # of the lanes
SUM = 552
HEIGHT = TOP + 5 * STEP + 22
HEIGHT_OF_SOUND = HEIGHT - STEP


class Lane(NamedTuple):
    """A path through the projector.

    Args:
        shape: what comes out of it.
        joins: how that comes to the content tokens.
    """

    name: str
    does: str
    shape: str
    joins: str
    sign: Callable[[Pen, float, float], None]


def lanes() -> list[Lane]:
    """Those of `multiperspective` with its default options."""
    own = ProjectorOptions()
    slots, width = f"(B, {own.slots}, {own.width})", f"(B, 1, {own.width})"
    found = {
        "objects": Lane("objects", f"{own.slots} slots compete for patches", slots, "by attention", _objects),
        "relations": Lane("relations", "each slot looks at the others", slots, "by attention", _relations),
        "atmosphere": Lane("atmosphere", "tone, contrast and texture", width, "to all tokens", _atmosphere),
        "layout": Lane("layout", "what is where, in 4 x 4 cells", f"(B, 1, {own.width // 4})", "to all tokens", _layout),
    }
    content = Lane("content", "what is there: LLaVA's MLP", "(B, M, D)", "", _content)
    return [content, *(found[name] for name in PERSPECTIVES)]


def lanes_of_sound() -> list[Lane]:
    """Those of the projector of sound."""
    own = SoundOptions()
    width = f"(M, {own.width})"
    found = {
        "tone": Lane("tone", "the whole: mean and spread", width, "to all tokens", _atmosphere),
        "change": Lane("change", "how the voice moves", width, "to each token", _moves),
        "course": Lane("course", "beginning, middle and end", f"(M, {own.width // 4})", "to all tokens", _course),
    }
    content = Lane("content", "means over time, LLaVA's MLP", "(M, D)", "", _stretches)
    return [content, *(found[name] for name in ON_SOUND)]


def draw(pen: Pen) -> None:
    _draw(pen, lanes(), "patches", "(B, N, C)", "visual tokens", "(B, M, D)", _patches)
    legend = "B pictures of N patches; M tokens: N, or as many as the option tokens says; shapes by default options"
    pen.words(350, HEIGHT - 12, legend, size=SMALL, color=QUIET, most=690)


def draw_sound(pen: Pen) -> None:
    _draw(pen, lanes_of_sound(), "positions", "(P, C)", "tokens", "(M, D)", _wave)
    legend = "a sound of P positions; M tokens: P, or as many as the option tokens says; widths by default options"
    pen.words(350, HEIGHT_OF_SOUND - 12, legend, size=SMALL, color=QUIET, most=690)


def _draw(
    pen: Pen, own: list[Lane], given: str, shape: str, gives: str, tokens: str, sign: Callable[[Pen, float, float], None]
) -> None:
    middle = TOP + (len(own) - 1) / 2 * STEP + LANE / 2
    pen.box(8, middle - 62, 88, 124, kind=DATA)
    sign(pen, 52 - 28, middle - 52)
    pen.words(52, middle + 22, given, bold=True, most=84)
    pen.words(52, middle + 42, shape, size=SMALL, most=84)
    for number, lane in enumerate(own):
        y = TOP + STEP * number
        _lane(pen, y, lane, plain=number == 0)
        at = y + LANE / 2
        if lane.name == "relations":  # it reads the slots of the lane above
            pen.arrow((LEFT + 29, y - STEP + LANE), (LEFT + 29, y))
        else:
            pen.arrow((96, middle), (112, middle), (112, at), (LEFT, at))
        _join(pen, at, lane.joins)
    first, last = TOP + LANE / 2, TOP + (len(own) - 1) * STEP + LANE / 2
    pen.line((SUM - 14, first), (SUM - 14, last))
    pen.arrow((SUM - 14, middle), (SUM + 20, middle))
    pen.dot(SUM - 14, middle, 9, "white", edge=INK)
    pen.line((SUM - 19, middle), (SUM - 9, middle), front=True)
    pen.line((SUM - 14, middle - 5), (SUM - 14, middle + 5), front=True)
    pen.box(SUM + 20, middle - 50, 120, 84, kind=DONE)
    for number in range(4):
        pen.square(SUM + 38 + number * 22, middle - 40, 18, 18, GREEN)
    pen.words(SUM + 80, middle, gives, bold=True, most=114)
    pen.words(SUM + 80, middle + 19, tokens, size=SMALL, most=114)
    pen.arrow((SUM + 80, middle + 34), (SUM + 80, middle + 62))
    pen.box(SUM + 20, middle + 62, 120, 44, "language model", kind=PLAIN, size=SMALL)


def _lane(pen: Pen, y: float, lane: Lane, *, plain: bool) -> None:
    pen.box(LEFT, y, RIGHT - LEFT, LANE, kind=PLAIN if plain else OURS)
    lane.sign(pen, LEFT + 8, y + 8)
    pen.words(LEFT + 62, y + 17, lane.name, bold=True, size=14, align="left")
    pen.words(RIGHT - 8, y + 17, lane.shape, size=SMALL, color=QUIET, align="right")
    pen.words(LEFT + 62, y + 39, lane.does, size=SMALL, align="left", most=RIGHT - LEFT - 68)


def _join(pen: Pen, y: float, joins: str) -> None:
    bus = SUM - 14
    if not joins:
        pen.line((RIGHT, y), (bus, y))
        return
    pen.line((RIGHT, y), (bus, y), dashed=True)
    pen.words((RIGHT + bus) / 2, y - 11, joins, size=SMALL, most=bus - RIGHT - 4)
    pen.words((RIGHT + bus) / 2, y + 11, "starts at 0", size=SMALL, color=QUIET, most=bus - RIGHT - 4)


def _grid(pen: Pen, x: float, y: float, side: float, cells: int, fill: Callable[[int, int], str]) -> None:
    cell = side / cells
    for row in range(cells):
        for column in range(cells):
            pen.square(x + column * cell, y + row * cell, cell, cell, fill(row, column))


def _patches(pen: Pen, x: float, y: float) -> None:
    _grid(pen, x, y, 56, 7, lambda row, column: BLUE)


def _content(pen: Pen, x: float, y: float) -> None:
    _grid(pen, x, y, SIDE, 7, lambda row, column: GREY)


def _objects(pen: Pen, x: float, y: float) -> None:
    body, bird = {(1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2), (5, 2)}, {(4, 5), (5, 4), (5, 5)}
    _grid(pen, x, y, SIDE, 7, lambda *cell: BLUE if cell in body else ORANGE if cell in bird else "#D9D9D9")


def _relations(pen: Pen, x: float, y: float) -> None:
    dots = {(8, 10): BLUE, (34, 8): ORANGE, (32, 35): GREEN, (9, 33): GREY}
    places = [(x + across, y + down) for across, down in dots]
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            pen.line(one, other, color="#777777", width=1)
    for (across, down), fill in zip(places, dots.values()):
        pen.dot(across, down, 6.5, fill)


def _atmosphere(pen: Pen, x: float, y: float) -> None:
    shades = ("#F7D9A0", "#F2BE6A", "#D99A4E", "#A8743F", "#775233", "#4C3A2C")
    for number, shade in enumerate(shades):
        pen.square(x, y + number * SIDE / 6, SIDE, SIDE / 6, shade, edge=shade)


def _layout(pen: Pen, x: float, y: float) -> None:
    shades = (BLUE, ORANGE, GREEN, GREY)
    _grid(pen, x, y, SIDE, 4, lambda row, column: shades[(row * 3 + column + row // 2) % 4])


def _wave(pen: Pen, x: float, y: float) -> None:
    for number, high in enumerate((8, 18, 34, 50, 26, 40, 54, 30, 16, 24, 10)):
        pen.square(x + number * 5.1, y + 28 - high / 2, 4.2, high, BLUE, edge=BLUE)


def _stretches(pen: Pen, x: float, y: float) -> None:
    for number, high in enumerate((14, 34, 26, 18)):
        pen.square(x + number * 10.5, y + 21 - high / 2, 9, high, GREY)


def _moves(pen: Pen, x: float, y: float) -> None:
    pen.line(
        *((x + across, y + down) for across, down in ((1, 32), (10, 14), (19, 26), (28, 8), (41, 20))), color=BLUE, width=3
    )


def _course(pen: Pen, x: float, y: float) -> None:
    for number, fill in enumerate((BLUE, ORANGE, GREEN)):
        pen.square(x + number * SIDE / 3, y + 4, SIDE / 3, SIDE - 8, fill)
