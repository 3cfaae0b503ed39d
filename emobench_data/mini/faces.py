"""Drawn faces whose expression is a set of numbers, so that one expression can turn into another."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

from .canvas import Canvas, Colour, arc, mix, near, vivid

WHITE, INK, MOUTH = (255, 255, 255), (35, 25, 25), (110, 20, 30)
SKINS: tuple[Colour, ...] = (
    (255, 224, 196),
    (241, 194, 150),
    (224, 172, 120),
    (198, 134, 84),
    (141, 85, 48),
    (90, 56, 37),
    (255, 214, 70),
)
HAIRS: tuple[Colour, ...] = ((40, 28, 22), (96, 60, 30), (190, 140, 70), (150, 60, 30), (150, 150, 155), (60, 60, 140))


@dataclass(frozen=True)
class Expression:
    """How a face looks, each number 0 to 1 unless said otherwise.

    curve (-1 frown, 1 smile), gape (open mouth), width (of the mouth), zigzag (trembling mouth), tongue, teeth, tilt of
    the brows (-1 sorry, 1 angry), lift of the brows, eyes (open, up to 1.5), pupils, tears, red, blue and green (tint).
    """

    curve: float = 0.0
    gape: float = 0.0
    width: float = 0.5
    zigzag: float = 0.0
    tongue: float = 0.0
    teeth: float = 0.0
    tilt: float = 0.0
    lift: float = 0.3
    eyes: float = 0.8
    pupils: float = 0.5
    tears: float = 0.0
    red: float = 0.0
    blue: float = 0.0
    green: float = 0.0

    def towards(self, other: Expression, share: float) -> Expression:
        """The expression that lies `share` of the way to `other`."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return Expression(**{name: value + (getattr(other, name) - value) * share for name, value in own.items()})


EXPRESSIONS: dict[str, Expression] = {
    "happiness": Expression(curve=1.0, gape=0.7, width=0.62, teeth=1, lift=0.5, eyes=0.75, pupils=0.6),
    "sadness": Expression(curve=-0.9, width=0.42, tilt=-0.9, lift=0.4, eyes=0.5, pupils=0.6, tears=1),
    "anger": Expression(curve=-0.6, gape=0.45, width=0.6, teeth=1, tilt=1, lift=-0.25, eyes=0.45, pupils=0.35, red=1),
    "surprise": Expression(gape=1.0, width=0.3, lift=1, eyes=1.4, pupils=0.45),
    "fear": Expression(gape=0.35, width=0.6, zigzag=1, tilt=-0.8, lift=0.8, eyes=1.25, pupils=0.18, blue=1),
    "disgust": Expression(curve=-0.75, gape=0.3, width=0.5, tongue=1, tilt=0.4, lift=0.0, eyes=0.3, pupils=0.4, green=1),
}


@dataclass(frozen=True)
class Head:
    """What stays the same while the expression changes: whose face it is and where it stands."""

    skin: Colour
    hair: Colour
    style: str
    extra: str
    extra_colour: Colour
    line: float
    x: float
    y: float
    scale: float
    degrees: float
    tall: float


def random_head(rng: Random) -> Head:
    """Somebody, somewhere in the picture, large."""
    return Head(
        skin=near(rng, rng.choice(SKINS), 10),
        hair=near(rng, rng.choice(HAIRS), 12),
        style=rng.choice(("bald", "short", "long", "curly")),
        extra=rng.choice(("none", "none", "cap", "glasses", "earrings", "bow")),
        extra_colour=vivid(rng),
        line=rng.uniform(0.03, 0.07),
        x=rng.uniform(0.45, 0.55),
        y=rng.uniform(0.5, 0.57),
        scale=rng.uniform(0.33, 0.41),
        degrees=rng.uniform(-12, 12),
        tall=rng.uniform(0.95, 1.12),
    )


def vary(expression: Expression, rng: Random) -> Expression:
    """The same expression, a little weaker or stronger in each trait."""
    traits = {f.name: getattr(expression, f.name) for f in fields(expression)}
    return Expression(**{name: value * rng.uniform(0.75, 1.1) for name, value in traits.items()})


def draw_face(canvas: Canvas, head: Head, expression: Expression) -> None:
    """Draw `head` with `expression`; in the face's own units its width is 2 and its middle is the origin."""
    pen = canvas.at(head.x, head.y, scale=head.scale, degrees=head.degrees)
    _hair_behind(pen, head)
    pen.ellipse(0, 0, 1, head.tall, _tinted(head.skin, expression), edge=INK, width=head.line)
    _tint(pen, head, expression)
    _hair_front(pen, head)
    _eyes(pen, head, expression)
    _mouth(pen, head, expression)
    _tears(pen, expression)
    _extra(pen, head)


def _tinted(skin: Colour, expression: Expression) -> Colour:
    skin = mix(skin, (235, 40, 20), 0.55 * min(1, expression.red))
    skin = mix(skin, (190, 215, 245), 0.5 * min(1, expression.blue))
    return mix(skin, (120, 190, 60), 0.55 * min(1, expression.green))


def _tint(pen: Canvas, head: Head, expression: Expression) -> None:
    """Blue brow of fear, green cheeks of disgust, steam of anger, blush of joy."""
    if expression.blue > 0.1:
        shade = (60, 90, 200, round(150 * min(1, expression.blue)))
        pen.polygon(arc(0, 0, 0.98, head.tall * 0.98, 195, 345), shade)
    if expression.green > 0.1:
        for side in (-1, 1):
            pen.ellipse(side * 0.62, 0.4, 0.3, 0.28, (70, 150, 30, round(170 * min(1, expression.green))))
    if expression.curve > 0.3:
        for side in (-1, 1):
            pen.ellipse(side * 0.66, 0.25, 0.2, 0.14, (255, 90, 110, round(150 * min(1, expression.curve))))
    if expression.red > 0.4:
        for side in (-1, 1):
            for i in range(3):
                pen.ellipse(side * (1.08 + 0.17 * i), -0.55 - 0.14 * i, 0.13, 0.13, (245, 245, 245, 225))


def _eyes(pen: Canvas, head: Head, expression: Expression) -> None:
    for side in (-1, 1):
        x, y, high = side * 0.38, -0.18, 0.24 * max(0.12, expression.eyes)
        pen.ellipse(x, y, 0.22, high, WHITE, edge=INK, width=head.line * 0.6)
        size = 0.08 + 0.12 * expression.pupils
        pen.ellipse(x, y, min(size, 0.2), min(size, high), INK)
        middle, drop = -0.5 - 0.22 * expression.lift, 0.2 * expression.tilt
        brow = [(x - side * 0.25, middle + drop), (x + side * 0.25, middle - drop)]
        pen.line(brow, INK, 0.08 + 0.05 * max(0, expression.tilt))


def _mouth(pen: Canvas, head: Head, expression: Expression) -> None:
    """Two lips: both bend by `curve`, and `gape` moves them apart."""
    y, wide, open_by = 0.47, expression.width, 0.34 * expression.gape
    steps = [i / 8 for i in range(-8, 9)]
    upper, lower = [], []
    for i, t in enumerate(steps):
        bend = 0.26 * expression.curve * (1 - 2 * t * t)
        shiver = 0.07 * expression.zigzag * (-1) ** i
        part = open_by * (1 - t * t) ** 0.5
        rise = part * (1 - max(0.0, expression.curve))
        upper.append((t * wide, y + bend - rise + shiver))
        lower.append((t * wide, y + bend + part + shiver))
    outline = [*upper, *reversed(lower)]
    if expression.gape > 0.08:
        pen.polygon(outline, MOUTH, edge=INK, width=head.line)
        if expression.teeth > 0.5 or expression.zigzag > 0.5:
            middle = [(x, a + (b - a) * 0.45) for (x, a), (_, b) in zip(upper, lower)]
            pen.polygon([*upper, *reversed(middle)], WHITE, edge=INK, width=head.line * 0.4)
    else:
        pen.line(upper, INK, head.line * 1.6)
    if expression.tongue > 0.2:
        long = 0.42 * expression.tongue
        pen.polygon([(-0.17, y), (0.17, y), *arc(0, y + long, 0.17, 0.14, 0, 180)], (225, 90, 120), edge=INK, width=0.03)


def _tears(pen: Canvas, expression: Expression) -> None:
    if expression.tears > 0.15:
        for side in (-1, 1):
            long = 0.62 * expression.tears
            x = side * 0.46
            drop = [(x, 0.0), *arc(x, 0.02 + long, 0.13, 0.14, -20, 200)]
            pen.polygon(drop, (70, 160, 250, 235), edge=(20, 80, 190), width=0.025)


def _hair_behind(pen: Canvas, head: Head) -> None:
    if head.style == "long":
        pen.polygon([*arc(0, -0.1, 1.18, 1.1 * head.tall, 170, 370), (1.12, 1.1), (-1.12, 1.1)], head.hair)
    elif head.style == "curly":
        for x, y in arc(0, -0.15, 0.98, 0.95 * head.tall, 165, 375, 9):
            pen.ellipse(x, y, 0.3, 0.3, head.hair)


def _hair_front(pen: Canvas, head: Head) -> None:
    if head.style != "bald":
        pen.polygon([*arc(0, 0, 1.01, 1.01 * head.tall, 208, 332), (0.4, -0.72), (-0.3, -0.8)], head.hair)


def _extra(pen: Canvas, head: Head) -> None:
    colour, top = head.extra_colour, -head.tall
    if head.extra == "cap":
        pen.polygon(arc(0, -0.55, 1.02, 0.75, 180, 360), colour, edge=INK, width=head.line)
        pen.rectangle(-1.02, -0.62, 1.35, -0.5, colour, edge=INK, width=head.line * 0.6)
    elif head.extra == "glasses":
        for side in (-1, 1):
            ring = arc(side * 0.38, -0.18, 0.31, 0.31, 0, 360)
            pen.line(ring, colour, 0.06)
        pen.line([(-0.1, -0.2), (0.1, -0.2)], colour, 0.06)
    elif head.extra == "earrings":
        for side in (-1, 1):
            pen.ellipse(side * 1.02, 0.4, 0.12, 0.12, colour, edge=INK, width=0.03)
    elif head.extra == "bow":
        for side in (-1, 1):
            pen.polygon([(0, top), (side * 0.4, top - 0.2), (side * 0.4, top + 0.2)], colour, edge=INK, width=0.03)
