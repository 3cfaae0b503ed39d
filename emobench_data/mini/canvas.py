"""Drawing in unit coordinates: shapes that move, turn and scale together, and backdrops with texture."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

SIZE = 224  # pixels of a finished picture
_DRAWN = 2 * SIZE  # drawn larger and reduced, so that edges are smooth

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Canvas:
    """A pen on a picture. Coordinates: the picture is the unit square, x to the right, y down.

    `at` gives a pen whose origin, size and angle differ, so that a figure is drawn once and placed anywhere.
    """

    def __init__(self, image: Image.Image, factor: complex = _DRAWN + 0j, origin: complex = 0j) -> None:
        self.image = image
        self._draw = ImageDraw.Draw(image, "RGBA")
        self._factor = factor
        self._origin = origin

    def at(self, x: float, y: float, *, scale: float = 1.0, degrees: float = 0.0) -> Canvas:
        """A pen with its origin at `(x, y)` of this one, in units of `scale`, turned clockwise by `degrees`."""
        factor = self._factor * cmath.rect(scale, math.radians(degrees))
        return Canvas(self.image, factor, self._place(x, y))

    def polygon(self, points: Sequence[Point], fill: Sequence[int], *, edge: Sequence[int] = (), width: float = 0) -> None:
        """A filled polygon; `fill` may have an alpha; `edge` is a line of `width` around it."""
        pixels = self._pixels(points)
        self._draw.polygon(pixels, fill=tuple(fill))
        if width:
            self._draw.line([*pixels, *pixels[:2]], fill=tuple(edge), width=self._width(width), joint="curve")

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        fill: Sequence[int],
        *,
        edge: Sequence[int] = (),
        width: float = 0,
    ) -> None:
        """A filled ellipse around `(x, y)`."""
        self.polygon(arc(x, y, rx, ry, 0, 360), fill, edge=edge, width=width)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, fill: Sequence[int], **line: Any) -> None:
        """A filled rectangle between two corners."""
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill, **line)

    def line(self, points: Sequence[Point], fill: Sequence[int], width: float) -> None:
        """An open line through `points` with round ends."""
        pixels = self._pixels(points)
        wide = self._width(width)
        self._draw.line(pixels, fill=tuple(fill), width=wide, joint="curve")
        if wide > 2:
            for x, y in (pixels[0], pixels[-1]):
                self._draw.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=tuple(fill))

    def _place(self, x: float, y: float) -> complex:
        return self._factor * complex(x, y) + self._origin

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        return [(z.real, z.imag) for z in (self._place(x, y) for x, y in points)]

    def _width(self, width: float) -> int:
        return max(1, round(width * abs(self._factor)))


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 36) -> list[Point]:
    """Points on an ellipse from angle `start` to `end` in degrees, clockwise from the right."""
    angles = (math.radians(start + (end - start) * i / steps) for i in range(steps + 1))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def star(x: float, y: float, radius: float, tips: int) -> list[Point]:
    """The outline of a star around `(x, y)`."""
    outer, inner = (
        arc(x, y, radius, radius, -90, 270, tips),
        arc(x, y, radius / 2, radius / 2, -90, 270, 2 * tips)[1::2],
    )
    return [point for pair in zip(outer, inner) for point in pair]


def gradient(top: Colour, bottom: Colour, *, side: Colour | None = None) -> Canvas:
    """A new picture that runs from `top` to `bottom`; `side` is the colour of the lower right corner."""
    corners = np.array([[top, top], [bottom, side or bottom]], np.uint8)
    return Canvas(Image.fromarray(corners).resize((_DRAWN, _DRAWN), Image.Resampling.BILINEAR))


def backdrop(rng: Random) -> Canvas:
    """A background that says nothing about the label: a random gradient with dots, stripes or blobs."""
    canvas = gradient(pastel(rng), pastel(rng), side=pastel(rng))
    pattern = rng.choice(("plain", "dots", "stripes", "blobs"))
    colour = (*pastel(rng), 150)
    if pattern == "dots":
        step, radius = rng.uniform(0.09, 0.2), rng.uniform(0.015, 0.035)
        for i in range(int(1 / step) + 2):
            for j in range(int(1 / step) + 2):
                canvas.ellipse((i + j % 2 / 2) * step, j * step, radius, radius, colour)
    elif pattern == "stripes":
        pen, step = canvas.at(0.5, 0.5, degrees=rng.uniform(0, 180)), rng.uniform(0.08, 0.2)
        for i in range(-8, 9):
            pen.line([(i * step, -1), (i * step, 1)], colour, step * 0.4)
    elif pattern == "blobs":
        for _ in range(rng.randint(4, 9)):
            canvas.ellipse(rng.random(), rng.random(), rng.uniform(0.05, 0.25), rng.uniform(0.05, 0.25), colour)
    return canvas


def finish(canvas: Canvas, rng: Random) -> Image.Image:
    """The finished picture, `SIZE` pixels square, with a little light and grain as of a camera."""
    pixels = np.asarray(canvas.image.reduce(2), np.float32)
    grain = np.random.default_rng(rng.getrandbits(64)).standard_normal(pixels.shape[:2], np.float32)[..., None]
    light = rng.uniform(0.92, 1.08)
    return Image.fromarray((pixels * light + grain * rng.uniform(1, 5)).clip(0, 255).astype(np.uint8))


def pastel(rng: Random) -> Colour:
    """A light colour of any hue."""
    return mix(vivid(rng), (255, 255, 255), rng.uniform(0.35, 0.75))


def vivid(rng: Random) -> Colour:
    """A strong colour of any hue."""
    angle = rng.uniform(0, 2 * math.pi)
    return tuple(round(128 + 110 * math.cos(angle + shift)) for shift in (0.0, 2.1, 4.2))  # type: ignore[return-value]


def near(rng: Random, colour: Colour, spread: int = 18) -> Colour:
    """A colour like `colour`."""
    return tuple(min(255, max(0, part + rng.randint(-spread, spread))) for part in colour)  # type: ignore[return-value]


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with `share` of `other`."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other))  # type: ignore[return-value]
