"""A sheet to draw on: boxes, arrows and words, 700 pixels wide. In an SVG text stays text, on a background of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path as Way
from matplotlib.textpath import TextToPath

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError

WIDTH = 700
SIZE, SMALL = 13.0, 12.0  # of letters, in pixels
PIXEL = 72 / 96  # in points
INK, QUIET, LINE = "#1A1A1A", "#4A4A4A", "#333333"


class Kind(NamedTuple):
    """What a box is filled with, and its edge; hues after Okabe and Ito, which the colour-blind tell apart."""

    fill: str
    edge: str


PLAIN, FOREIGN = Kind("#FFFFFF", "#808080"), Kind("#EEEEEE", "#666666")
DATA, OURS, DONE = Kind("#DCEBF7", "#0072B2"), Kind("#FCE8CF", "#B35900"), Kind("#D9F0E7", "#007A5A")
WRONG = Kind("#FBDDDD", "#B00020")

# Letters of Verdana are as wide as those of DejaVu, with which widths are measured here; others are narrower.
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "emollm", "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"]}


@contextmanager
def sheet(out: Path, height: int, title: str) -> Iterator[Pen]:
    """A blank sheet, which is written to `out` when it is drawn: an SVG, or by any other suffix a JPEG."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        pen = Pen(height)
        yield pen
        with atomic_file(out) as file:
            if out.suffix == ".svg":
                pen.figure.savefig(file, format="svg", metadata={"Date": None, "Title": title})
            else:
                pen.figure.savefig(file, format="jpeg", dpi=2 * 96, pil_kwargs={"quality": 90, "subsampling": 0})


class Pen:
    """Places and sizes are pixels from the sheet's upper left corner."""

    def __init__(self, height: int) -> None:
        self.figure = Figure(figsize=(WIDTH / 96, height / 96), facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.set_axis_off()

    def words(
        self, x: float, y: float, text: str, *, size=SIZE, bold=False, color=INK, align="center", most: float | None = None
    ) -> None:
        """A line of text around the height `y`, not wider than `most`.

        Raises:
            InputError: it is.
        """
        weight = "bold" if bold else "normal"
        wide, _, _ = TextToPath().get_text_width_height_descent(text, FontProperties(weight=weight, size=size), False)
        if most is not None and wide > most:
            raise InputError(f"figure: {text!r} is {wide:.0f} pixels wide and has {most:.0f}; say it in fewer letters")
        self.axes.text(
            x, y, text, fontsize=size * PIXEL, weight=weight, color=color, ha=align, va="center_baseline", parse_math=False
        )

    def box(self, x: float, y: float, wide: float, high: float, *lines: str, kind=PLAIN, size=SIZE) -> None:
        """A box with lines in its middle, the first of them bold."""
        style = {"facecolor": kind.fill, "edgecolor": kind.edge, "linewidth": 1.3 * PIXEL}
        self.axes.add_patch(FancyBboxPatch((x, y), wide, high, boxstyle="round,pad=0,rounding_size=5", **style))
        step = 1.32 * size
        for number, line in enumerate(lines):
            at = y + high / 2 - 1 + step * (number - (len(lines) - 1) / 2)
            self.words(x + wide / 2, at, line, size=size if not number else min(size, SMALL), bold=not number, most=wide - 8)

    def arrow(self, *points: tuple[float, float], dashed=False, color=LINE) -> None:
        """An arrow along `points`."""
        self.axes.add_patch(
            FancyArrowPatch(
                path=Way(points),
                arrowstyle="-|>",
                mutation_scale=11 * PIXEL,
                color=color,
                linewidth=1.5 * PIXEL,
                linestyle=(0, (3, 2)) if dashed else "solid",
                joinstyle="miter",
            )
        )

    def line(self, *points: tuple[float, float], color=LINE, width=1.5, dashed=False, front=False) -> None:
        style = {"color": color, "linewidth": width * PIXEL, "linestyle": (0, (3, 2)) if dashed else "solid"}
        self.axes.plot(*zip(*points), solid_capstyle="butt", zorder=4 if front else 2, **style)

    def square(self, x: float, y: float, wide: float, high: float, fill: str, edge: str = "white") -> None:
        self.axes.add_patch(Rectangle((x, y), wide, high, facecolor=fill, edgecolor=edge, linewidth=PIXEL))

    def dot(self, x: float, y: float, radius: float, fill: str, edge: str = "white") -> None:
        self.axes.add_patch(Circle((x, y), radius, facecolor=fill, edgecolor=edge, linewidth=PIXEL, zorder=3))

    def area(self, *points: tuple[float, float], kind=PLAIN) -> None:
        self.axes.add_patch(Polygon(points, facecolor=kind.fill, edgecolor=kind.edge, linewidth=1.3 * PIXEL))

    def picture(self, x: float, y: float, wide: float, high: float, pixels) -> None:
        self.axes.imshow(pixels, extent=(x, x + wide, y + high, y), aspect="auto", interpolation="antialiased")
