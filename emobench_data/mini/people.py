"""Drawn people and animals: figures with a gesture (intent), a group (hate), and animals of any size (humor)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .canvas import Canvas, Colour, Point, arc, backdrop, gradient, near, star, vivid
from .faces import INK, SKINS, WHITE

Hands = tuple[Point, Point]
HANGING: Hands = ((-0.24, 0.12), (0.24, 0.12))
RED = (220, 30, 40)


def person(
    pen: Canvas,
    rng: Random,
    *,
    hands: Hands = HANGING,
    hat: Colour | None = None,
    mood: float = 1.0,
    coat: Colour | None = None,
) -> None:
    """Somebody of height 1 around the pen's origin; `hands` are where the hands are, `mood` -1 (sad) to 1 (glad)."""
    skin, coat = near(rng, rng.choice(SKINS[:6]), 8), coat or vivid(rng)
    for side in (-1, 1):
        pen.line([(side * 0.07, 0.15), (side * 0.09, 0.48)], near(rng, (60, 60, 90)), 0.09)
    pen.polygon([(-0.13, -0.2), (0.13, -0.2), (0.17, 0.2), (-0.17, 0.2)], coat, edge=INK, width=0.012)
    for side, (x, y) in zip((-1, 1), hands):
        pen.line([(side * 0.12, -0.16), (x, y)], coat, 0.075)
        pen.ellipse(x, y, 0.055, 0.055, skin, edge=INK, width=0.01)
    pen.ellipse(0, -0.34, 0.15, 0.16, skin, edge=INK, width=0.012)
    for side in (-1, 1):
        pen.ellipse(side * 0.055, -0.36, 0.018, 0.024, INK)
    smile = arc(0, -0.3, 0.06, 0.04, 20, 160) if mood > 0 else arc(0, -0.26, 0.05, 0.03, 200, 340)
    pen.line(smile, INK, 0.014)
    if hat:
        pen.polygon(
            [(-0.2, -0.42), (0.2, -0.42), (0.12, -0.45), (0.1, -0.62), (-0.1, -0.62), (-0.12, -0.45)],
            hat,
            edge=INK,
            width=0.012,
        )


def greet(rng: Random) -> Canvas:
    """One person who waves a large open hand."""
    canvas = backdrop(rng)
    person(canvas.at(rng.uniform(0.3, 0.4), 0.56, scale=0.8), rng, hands=((-0.24, 0.12), (0.36, -0.3)))
    pen = canvas.at(rng.uniform(0.66, 0.72), 0.34, scale=0.22, degrees=rng.uniform(-5, 25))
    skin = rng.choice(SKINS[:4])
    for i in range(5):
        angle = -150 + 30 * i
        tip = arc(0, 0, 1.0 - 0.2 * (i == 0), 1.0, angle, angle, 1)[0]
        pen.line([(0, 0.1), tip], INK, 0.3)
        pen.line([(0, 0.1), tip], skin, 0.22)
    pen.ellipse(0, 0.15, 0.5, 0.55, skin)
    for radius in (1.15, 1.35):
        pen.line(arc(0, 0, radius, radius, -5, 35), INK, 0.08)
    return canvas


def thank(rng: Random) -> Canvas:
    """One person with a large present and hearts."""
    canvas = backdrop(rng)
    x = rng.uniform(0.45, 0.55)
    person(canvas.at(x, 0.48, scale=0.85), rng, hands=((-0.2, 0.2), (0.2, 0.2)))
    for _ in range(rng.randint(4, 6)):
        side = rng.choice((-1, 1))
        _heart(
            canvas.at(x + side * rng.uniform(0.22, 0.42), rng.uniform(0.1, 0.55), scale=rng.uniform(0.06, 0.1)),
            (235, 40, 90),
        )
    box, band = vivid(rng), (255, 240, 120)
    canvas.rectangle(x - 0.24, 0.62, x + 0.24, 0.95, box, edge=INK, width=0.014)
    canvas.rectangle(x - 0.035, 0.62, x + 0.035, 0.95, band)
    canvas.rectangle(x - 0.24, 0.75, x + 0.24, 0.81, band)
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.09, 0.58, 0.09, 0.05, band, edge=INK, width=0.01)
    return canvas


def warn(rng: Random) -> Canvas:
    """A large warning triangle, and a person who points at it."""
    canvas = backdrop(rng)
    person(canvas.at(rng.uniform(0.16, 0.2), 0.58, scale=0.75), rng, hands=((-0.16, 0.16), (0.34, -0.3)), mood=-1)
    pen = canvas.at(rng.uniform(0.65, 0.69), 0.5, scale=rng.uniform(0.3, 0.35), degrees=rng.uniform(-8, 8))
    pen.polygon([(0, -1), (0.95, 0.75), (-0.95, 0.75)], (255, 215, 30), edge=RED, width=0.2)
    pen.line([(0, -0.35), (0, 0.2)], (20, 20, 20), 0.2)
    pen.ellipse(0, 0.5, 0.12, 0.12, (20, 20, 20))
    return canvas


def comfort(rng: Random) -> Canvas:
    """Somebody in tears, held by another person's arm, on a sofa."""
    canvas = backdrop(rng)
    sofa, x = near(rng, (95, 75, 125)), rng.uniform(0.47, 0.53)
    canvas.rectangle(0.08, 0.5, 0.92, 0.82, sofa, edge=INK, width=0.012)
    left, right = canvas.at(x - 0.14, 0.56, scale=0.8, degrees=6), canvas.at(x + 0.16, 0.59, scale=0.76, degrees=-14)
    person(right, rng, hands=((-0.05, 0.05), (0.05, 0.05)), mood=-1)
    person(left, rng, hands=((-0.2, 0.1), (0.44, -0.1)))
    for side in (-1, 1):
        drop = [(side * 0.07, -0.34), *arc(side * 0.07, -0.2, 0.035, 0.04, -20, 200)]
        right.polygon(drop, (60, 150, 250), edge=(20, 70, 180), width=0.008)
    canvas.rectangle(0.05, 0.8, 0.95, 0.95, sofa, edge=INK, width=0.012)
    return canvas


def praise(rng: Random) -> Canvas:
    """A large golden cup with stars, and a person who claps."""
    canvas = backdrop(rng)
    person(canvas.at(rng.uniform(0.2, 0.27), 0.57, scale=0.78), rng, hands=((0.05, -0.12), (0.12, -0.12)))
    gold, pen = (250, 190, 30), canvas.at(rng.uniform(0.65, 0.7), 0.56, scale=rng.uniform(0.3, 0.34))
    for side in (-1, 1):
        pen.line(arc(side * 0.62, -0.55, 0.32, 0.36, 0, 360), (215, 150, 10), 0.12)
    pen.polygon([(-0.7, -1.05), (0.7, -1.05), *arc(0, -0.55, 0.68, 0.75, 0, 180)], gold, edge=INK, width=0.05)
    pen.rectangle(-0.12, 0.2, 0.12, 0.75, gold, edge=INK, width=0.05)
    pen.rectangle(-0.55, 0.75, 0.55, 1.05, (110, 70, 40), edge=INK, width=0.05)
    pen.polygon(star(0, -0.5, 0.42, 5), WHITE)
    for _ in range(5):
        canvas.polygon(star(rng.uniform(0.1, 0.95), rng.uniform(0.05, 0.2), 0.06, 5), (255, 225, 40), edge=INK, width=0.006)
    return canvas


def ask_for_help(rng: Random) -> Canvas:
    """A head and two raised arms in high waves, a lifebelt out of reach."""
    canvas = gradient(near(rng, (150, 190, 220)), near(rng, (200, 220, 235)))
    pen = canvas.at(rng.uniform(0.35, 0.5), rng.uniform(0.62, 0.68), scale=0.95)
    person(pen, rng, hands=((-0.3, -0.52), (0.3, -0.52)), mood=-1)
    for depth, colour in ((0.55, (30, 110, 190)), (0.7, (20, 80, 160)), (0.86, (15, 55, 125))):
        shift = rng.uniform(0, 0.1)
        tops = [p for i in range(-1, 8) for p in arc(shift + i / 6, depth, 1 / 12, 0.05, 180, 360, 8)]
        canvas.polygon([(-0.2, 1.2), *tops, (1.4, 1.2)], near(rng, colour, 8))
    ring = canvas.at(rng.uniform(0.76, 0.82), rng.uniform(0.7, 0.8), scale=0.13)
    for i in range(8):
        ring.line(arc(0, 0, 1, 0.8, 45 * i, 45 * i + 45, 6), RED if i % 2 else WHITE, 0.4)
    return canvas


INTENTS: dict[str, Callable[[Random], Canvas]] = {
    "Greet": greet,
    "Thank": thank,
    "Warn": warn,
    "Comfort": comfort,
    "Praise": praise,
    "Ask for help": ask_for_help,
}


def people(rng: Random, hat: Colour) -> Canvas:
    """Four or five friendly people with hats of one colour."""
    canvas = backdrop(rng)
    count = rng.randint(4, 5)
    for i in range(count):
        x = (i + 0.5) / count + rng.uniform(-0.02, 0.02)
        raised = rng.random() < 0.4
        hands = ((-0.2, 0.12), (0.2, -0.42)) if raised else ((-0.2, 0.12), (0.2, 0.12))
        person(canvas.at(x, 0.58 + 0.07 * (i % 2), scale=rng.uniform(0.66, 0.76)), rng, hands=hands, hat=near(rng, hat, 10))
    return canvas


def sized_animal(rng: Random, animal: str, *, huge: bool) -> Canvas:
    """An animal that towers over a small person, or a tiny one at a large person's feet."""
    canvas = backdrop(rng)
    canvas.rectangle(0, 0.86, 1, 1, near(rng, (120, 160, 90)))
    if huge:
        ANIMALS[animal](canvas.at(rng.uniform(0.4, 0.48), 0.5, scale=rng.uniform(0.34, 0.38)), rng)
        person(canvas.at(rng.uniform(0.88, 0.92), 0.82, scale=0.2), rng)
    else:
        person(canvas.at(rng.uniform(0.28, 0.36), 0.5, scale=0.88), rng, hands=((-0.24, 0.12), (0.3, 0.1)))
        ANIMALS[animal](canvas.at(rng.uniform(0.74, 0.8), 0.84, scale=rng.uniform(0.085, 0.1)), rng)
    return canvas


def _fish(pen: Canvas, rng: Random) -> None:
    colour = near(rng, (250, 130, 40), 30)
    pen.polygon([(0.6, 0), (1.15, -0.55), (1.15, 0.55)], colour, edge=INK, width=0.05)
    pen.ellipse(0, 0, 0.9, 0.6, colour, edge=INK, width=0.05)
    for x in (-0.1, 0.3):
        pen.line(arc(x, 0, 0.15, 0.5, -70, 70), WHITE, 0.1)
    pen.ellipse(-0.5, -0.12, 0.14, 0.14, WHITE, edge=INK, width=0.03)
    pen.ellipse(-0.53, -0.12, 0.06, 0.06, INK)


def _cat(pen: Canvas, rng: Random) -> None:
    colour = near(rng, rng.choice(((150, 150, 155), (225, 150, 70), (60, 55, 60))))
    pen.line([(0.6, 0.8), (1.05, 0.5), (1.0, 0.0)], colour, 0.16)
    pen.ellipse(0.1, 0.55, 0.65, 0.55, colour, edge=INK, width=0.05)
    for side in (-1, 1):
        pen.polygon([(side * 0.15, -0.6), (side * 0.6, -1.05), (side * 0.6, -0.3)], colour, edge=INK, width=0.05)
    pen.ellipse(0, -0.3, 0.62, 0.52, colour, edge=INK, width=0.05)
    for side in (-1, 1):
        pen.ellipse(side * 0.25, -0.38, 0.12, 0.15, (190, 230, 80), edge=INK, width=0.03)
        pen.ellipse(side * 0.25, -0.38, 0.04, 0.13, INK)
        pen.line([(side * 0.2, -0.1), (side * 0.75, -0.15)], WHITE, 0.025)
    pen.polygon([(-0.08, -0.2), (0.08, -0.2), (0, -0.1)], (240, 130, 150))


def _bird(pen: Canvas, rng: Random) -> None:
    colour = near(rng, rng.choice(((60, 130, 230), (240, 205, 60), (220, 60, 60))))
    for x in (-0.12, 0.15):
        pen.line([(x, 0.5), (x, 1.0)], (200, 130, 20), 0.07)
    pen.polygon([(0.5, 0.1), (1.2, -0.2), (1.1, 0.25)], colour, edge=INK, width=0.05)
    pen.ellipse(0.1, 0.15, 0.68, 0.5, colour, edge=INK, width=0.05)
    pen.ellipse(-0.45, -0.42, 0.4, 0.38, colour, edge=INK, width=0.05)
    pen.polygon([(-0.8, -0.5), (-1.25, -0.35), (-0.8, -0.22)], (250, 150, 20), edge=INK, width=0.04)
    pen.ellipse(-0.52, -0.5, 0.09, 0.09, INK)
    pen.ellipse(0.2, 0.12, 0.36, 0.22, near(rng, WHITE, 30), edge=INK, width=0.03)


def _snail(pen: Canvas, rng: Random) -> None:
    body, shell = near(rng, (225, 200, 130)), near(rng, (160, 90, 50), 25)
    pen.polygon([(-0.85, 0.1), (-0.6, 0.1), (-0.5, 0.6), (1.1, 0.75), (1.1, 0.9), (-0.8, 0.9)], body, edge=INK, width=0.05)
    for x in (-0.95, -0.6):
        pen.line([(-0.72, 0.15), (x, -0.35)], body, 0.08)
        pen.ellipse(x, -0.38, 0.09, 0.09, INK)
    pen.ellipse(0.25, 0.05, 0.72, 0.7, shell, edge=INK, width=0.05)
    for radius in (0.5, 0.3, 0.12):
        pen.line(arc(0.25, 0.05, radius, radius, 0, 330), near(rng, (240, 215, 170), 8), 0.07)


ANIMALS: dict[str, Callable[[Canvas, Random], None]] = {"fish": _fish, "cat": _cat, "bird": _bird, "snail": _snail}


def _heart(pen: Canvas, colour: Colour) -> None:
    for side in (-1, 1):
        pen.ellipse(side * 0.5, -0.3, 0.55, 0.5, colour)
    pen.polygon([(-1.02, -0.15), (1.02, -0.15), (0, 1.1)], colour)
