"""Drawn scenes whose weather, light and colour carry a feeling; no faces in them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .canvas import Canvas, Colour, arc, gradient, near, star, vivid

Scene = Callable[[Random], Canvas]


def meadow(rng: Random) -> Canvas:
    """Sun, blue sky, green hills and flowers, often a rainbow."""
    canvas = gradient(near(rng, (110, 190, 255)), near(rng, (215, 240, 255)))
    x = rng.uniform(0.15, 0.85)
    if rng.random() < 0.5:
        for i, colour in enumerate(((230, 50, 50), (250, 150, 40), (250, 230, 60), (70, 190, 80), (60, 100, 220))):
            radius = 0.52 - 0.04 * i
            canvas.line(arc(0.5, 0.75, radius, radius, 180, 360), colour, 0.045)
    _sun(canvas, rng, x, rng.uniform(0.15, 0.3), rng.uniform(0.1, 0.15))
    canvas.ellipse(rng.uniform(0.1, 0.4), 1.0, 0.6, rng.uniform(0.3, 0.4), near(rng, (110, 200, 80)))
    canvas.ellipse(rng.uniform(0.6, 0.9), 1.05, 0.6, rng.uniform(0.35, 0.45), near(rng, (80, 180, 70)))
    for _ in range(rng.randint(6, 12)):
        _flower(canvas, rng.random(), rng.uniform(0.75, 0.95), rng.uniform(0.025, 0.05), vivid(rng))
    return canvas


def beach(rng: Random) -> Canvas:
    """Sun over turquoise water, sand, a parasol and a beach ball."""
    canvas = gradient(near(rng, (80, 180, 255)), near(rng, (190, 235, 255)))
    _sun(canvas, rng, rng.uniform(0.2, 0.8), rng.uniform(0.14, 0.25), rng.uniform(0.09, 0.13))
    canvas.rectangle(0, 0.45, 1, 0.7, near(rng, (40, 190, 200)))
    canvas.ellipse(0.5, 1.05, 0.9, 0.42, near(rng, (250, 220, 150)))
    x, colour = rng.uniform(0.25, 0.75), vivid(rng)
    canvas.line([(x, 0.42), (x + 0.04, 0.92)], (120, 80, 50), 0.02)
    for i in range(6):
        part = [(x, 0.45), *arc(x, 0.45, 0.26, 0.2, 180 + 30 * i, 210 + 30 * i, 6)]
        canvas.polygon(part, colour if i % 2 else (255, 255, 255))
    canvas.ellipse(1 - x, 0.85, 0.08, 0.08, vivid(rng), edge=(255, 255, 255), width=0.02)
    return canvas


def party(rng: Random) -> Canvas:
    """Balloons, bunting and a cake with candles before a warm wall."""
    canvas = gradient(near(rng, (255, 235, 150)), near(rng, (255, 190, 120)))
    for i in range(9):
        x = i / 8
        canvas.polygon([(x - 0.05, 0.02), (x + 0.05, 0.02), (x, 0.13)], vivid(rng))
    for _ in range(rng.randint(4, 6)):
        x, y = rng.uniform(0.08, 0.92), rng.uniform(0.22, 0.48)
        canvas.line([(x, y), (x, y + 0.3)], (120, 100, 90), 0.008)
        canvas.ellipse(x, y, 0.085, 0.11, vivid(rng))
    x, colour = rng.uniform(0.4, 0.6), near(rng, (255, 170, 190))
    canvas.rectangle(x - 0.24, 0.74, x + 0.24, 0.94, colour, edge=(150, 90, 60), width=0.012)
    canvas.polygon(arc(x, 0.74, 0.24, 0.06, 0, 360), (255, 250, 240))
    for i in range(5):
        candle = x - 0.16 + 0.08 * i
        canvas.line([(candle, 0.72), (candle, 0.62)], vivid(rng), 0.02)
        canvas.ellipse(candle, 0.59, 0.014, 0.026, (255, 140, 0))
    return canvas


def rain(rng: Random) -> Canvas:
    """Heavy grey clouds, slanting rain, puddles and a bare tree."""
    canvas = gradient(near(rng, (70, 80, 100), 10), near(rng, (120, 130, 145), 10))
    canvas.rectangle(0, 0.8, 1, 1, near(rng, (75, 80, 85), 8))
    _bare_tree(canvas.at(rng.uniform(0.2, 0.8), 0.86, scale=rng.uniform(0.4, 0.55)), (35, 35, 40), 4)
    for _ in range(4):
        canvas.ellipse(rng.random(), rng.uniform(0.88, 0.97), rng.uniform(0.08, 0.16), 0.025, (120, 150, 185))
    lean = rng.uniform(-0.05, 0.05)
    for _ in range(110):
        x, y = rng.uniform(-0.1, 1.1), rng.uniform(0.15, 1)
        canvas.line([(x, y), (x + lean, y + 0.08)], (150, 175, 215, 220), 0.007)
    for _ in range(9):
        canvas.ellipse(rng.random(), rng.uniform(0, 0.15), rng.uniform(0.12, 0.2), 0.1, near(rng, (55, 60, 72), 8))
    return canvas


def wilted(rng: Random) -> Canvas:
    """One drooping flower in a cracked pot, its petals fallen, in dim blue light."""
    canvas = gradient(near(rng, (95, 105, 135), 10), near(rng, (60, 65, 90), 10))
    canvas.rectangle(0, 0.82, 1, 1, near(rng, (50, 50, 65), 8))
    x, side = rng.uniform(0.42, 0.58), rng.choice((-1, 1))
    start = 180 if side > 0 else 0
    stem = [(x, 0.65), (x, 0.4), *arc(x + side * 0.12, 0.36, 0.12, 0.14, start, start + side * 165)]
    canvas.line(stem, (85, 95, 60), 0.025)
    head = stem[-1]
    for i in range(5):
        canvas.ellipse(head[0] + 0.035 * (i - 2), head[1] + 0.08, 0.028, 0.08, near(rng, (125, 100, 120), 8))
    for _ in range(6):
        canvas.ellipse(rng.uniform(0.15, 0.85), rng.uniform(0.86, 0.95), 0.04, 0.015, (125, 100, 120))
    canvas.polygon([(x - 0.15, 0.62), (x + 0.15, 0.62), (x + 0.1, 0.86), (x - 0.1, 0.86)], near(rng, (110, 75, 65), 8))
    canvas.line([(x - 0.03, 0.63), (x + 0.02, 0.7), (x - 0.03, 0.76), (x + 0.03, 0.85)], (30, 25, 30), 0.01)
    return canvas


def volcano(rng: Random) -> Canvas:
    """A volcano that throws lava into a dark red sky."""
    canvas = gradient(near(rng, (60, 5, 5), 6), near(rng, (205, 45, 10)))
    x = rng.uniform(0.4, 0.6)
    for _ in range(26):
        dx, top = rng.uniform(-0.35, 0.35), rng.uniform(0.02, 0.3)
        canvas.line([(x, 0.45), (x + dx * 0.5, top), (x + dx, top + 0.12)], rng.choice(LAVA), rng.uniform(0.015, 0.035))
    canvas.polygon([(x - 0.55, 1), (x - 0.1, 0.42), (x + 0.1, 0.42), (x + 0.55, 1)], near(rng, (45, 20, 20), 8))
    for i in range(3):
        low = x + (i - 1) * 0.2 + rng.uniform(-0.05, 0.05)
        canvas.line([(x + (i - 1) * 0.06, 0.42), ((x + low) / 2, 0.7), (low, 1)], rng.choice(LAVA), 0.045)
    return canvas


def flames(rng: Random) -> Canvas:
    """A wall of fire under black smoke."""
    canvas = gradient((25, 5, 5), near(rng, (150, 20, 5)))
    for _ in range(8):
        canvas.ellipse(rng.random(), rng.uniform(0, 0.25), rng.uniform(0.1, 0.22), 0.12, (20, 15, 15, 200))
    for colour, high in (((200, 20, 10), 0.85), ((245, 90, 10), 0.65), ((255, 190, 40), 0.4)):
        points = [(0.0, 1.0)]
        for i in range(9):
            points += [(i / 8, 1 - high * rng.uniform(0.6, 1.05)), ((i + 0.5) / 8, 1 - high * rng.uniform(0.25, 0.45))]
        canvas.polygon([*points, (1.1, 1.0)], near(rng, colour, 12))
    return canvas


def burst(rng: Random) -> Canvas:
    """Rays from a gift box that flies open, with confetti."""
    one, other = (255, 225, 50), rng.choice(((255, 90, 200), (90, 210, 255), (190, 110, 255)))
    canvas = gradient(other, other)
    x, y, turn = rng.uniform(0.4, 0.6), rng.uniform(0.5, 0.6), rng.uniform(0, 30)
    for i in range(12):
        canvas.polygon([(x, y), *arc(x, y, 1.2, 1.2, turn + 30 * i, turn + 30 * i + 15, 2)], one)
    for _ in range(40):
        canvas.at(rng.random(), rng.uniform(0, 0.75), degrees=rng.uniform(0, 90)).rectangle(0, 0, 0.035, 0.02, vivid(rng))
    colour, band = vivid(rng), (255, 255, 255)
    canvas.rectangle(x - 0.18, 0.68, x + 0.18, 0.95, colour, edge=(40, 40, 60), width=0.012)
    canvas.rectangle(x - 0.03, 0.68, x + 0.03, 0.95, band)
    lid = canvas.at(x + 0.2, 0.5, degrees=rng.uniform(20, 50))
    lid.rectangle(-0.2, -0.04, 0.2, 0.04, colour, edge=(40, 40, 60), width=0.012)
    canvas.polygon(star(x, 0.4, 0.17, 8), (255, 255, 255), edge=(240, 60, 60), width=0.02)
    return canvas


def forest(rng: Random) -> Canvas:
    """Night, bare trees, and eyes that glow between them."""
    canvas = gradient((5, 8, 25), near(rng, (25, 30, 60), 8))
    canvas.ellipse(rng.uniform(0.2, 0.8), rng.uniform(0.12, 0.25), 0.09, 0.09, (225, 225, 200))
    for i in range(4):
        x = 0.1 + 0.27 * i + rng.uniform(-0.05, 0.05)
        _bare_tree(canvas.at(x, 1.0, scale=rng.uniform(0.6, 0.85)), (0, 0, 5), 4)
    for _ in range(rng.randint(4, 6)):
        x, y, size = rng.uniform(0.1, 0.9), rng.uniform(0.5, 0.9), rng.uniform(0.03, 0.05)
        for side in (-1, 1):
            canvas.ellipse(x + side * size * 1.3, y, size, size * 0.75, (255, 230, 40))
            canvas.ellipse(x + side * size * 1.3, y, size * 0.25, size * 0.7, (10, 0, 0))
    return canvas


def ghost(rng: Random) -> Canvas:
    """A pale ghost that looms in a dark violet room."""
    canvas = gradient((15, 5, 30), near(rng, (60, 30, 90), 8))
    pen = canvas.at(rng.uniform(0.42, 0.58), 0.5, scale=rng.uniform(0.34, 0.42), degrees=rng.uniform(-10, 10))
    hem = [(1 - i / 4, 1.1 + 0.18 * (i % 2)) for i in range(9)]
    pen.polygon([*arc(0, -0.2, 1, 0.9, 180, 360), *hem], (215, 225, 235, 225))
    for side in (-1, 1):
        pen.ellipse(side * 0.35, -0.3, 0.16, 0.25, (10, 5, 20))
        pen.ellipse(side * 1.05, 0.25, 0.3, 0.14, (215, 225, 235, 225))
    pen.ellipse(0, 0.25, 0.2, 0.32, (10, 5, 20))
    return canvas


def slime(rng: Random) -> Canvas:
    """Green slime that runs down a brown wall, with flies."""
    canvas = gradient(near(rng, (110, 95, 40), 8), near(rng, (80, 70, 35), 8))
    colour = near(rng, (125, 190, 30))
    canvas.rectangle(0, 0, 1, 0.2, colour)
    for i in range(9):
        x, long = i / 8 + rng.uniform(-0.03, 0.03), rng.uniform(0.3, 0.8)
        canvas.line([(x, 0.1), (x, long)], colour, 0.09)
        canvas.ellipse(x, long, 0.06, 0.075, colour)
    canvas.ellipse(0.5, 1.0, 0.6, 0.16, colour)
    for _ in range(7):
        canvas.ellipse(rng.random(), rng.uniform(0.86, 0.98), 0.03, 0.03, (190, 235, 90))
    _flies(canvas, rng, 6)
    return canvas


def broken(rng: Random) -> Canvas:
    """A collapsed chair and smashed crockery on a bare floor."""
    canvas = gradient(near(rng, (190, 185, 175), 8), near(rng, (160, 150, 140), 8))
    canvas.rectangle(0, 0.72, 1, 1, near(rng, (120, 105, 95), 8))
    wood = near(rng, (130, 75, 35))
    pen = canvas.at(rng.uniform(0.4, 0.6), 0.62, scale=rng.uniform(0.9, 1.1), degrees=rng.choice((-1, 1)) * rng.uniform(14, 24))
    for points in (((-0.2, -0.4), (-0.2, 0.05)), ((0.2, -0.4), (0.2, 0.05)), ((-0.2, -0.35), (0.2, -0.35))):
        pen.line(points, wood, 0.05)
    for points in (((-0.2, -0.22), (0.06, -0.2)), ((-0.18, 0.05), (-0.3, 0.26)), ((0.14, 0.08), (0.1, 0.18))):
        pen.line(points, wood, 0.05)
    pen.polygon([(-0.25, 0.02), (0.25, 0.02), (0.32, 0.12), (-0.18, 0.12)], near(rng, (165, 100, 50)))
    pen.line([(-0.1, 0.03), (0.0, 0.06), (-0.02, 0.11)], (40, 25, 15), 0.02)
    for _ in range(12):
        shard = canvas.at(rng.random(), rng.uniform(0.76, 0.96), scale=rng.uniform(0.03, 0.07), degrees=rng.uniform(0, 360))
        shard.polygon([(-1, -0.6), (1, -0.3), (0.1, 1)], near(rng, (235, 235, 240)), edge=(70, 90, 150), width=0.2)
    return canvas


def garbage(rng: Random) -> Canvas:
    """A heap of rotting rubbish with fish bones, fumes and flies."""
    canvas = gradient(near(rng, (150, 150, 70), 8), near(rng, (105, 110, 50), 8))
    for _ in range(26):
        x = rng.uniform(0.05, 0.95)
        y = rng.uniform(0.55 + abs(x - 0.5) * 0.6, 0.98)
        canvas.at(x, y, degrees=rng.uniform(0, 90)).rectangle(-0.07, -0.06, 0.07, 0.06, near(rng, rng.choice(ROT)))
    for _ in range(2):
        _bones(canvas.at(rng.uniform(0.3, 0.7), rng.uniform(0.6, 0.85), scale=0.22, degrees=rng.uniform(-40, 40)))
    for i in range(3):
        x = 0.3 + 0.2 * i
        canvas.line([(x, 0.42), (x + 0.04, 0.34), (x - 0.04, 0.24), (x + 0.04, 0.14)], (120, 190, 40), 0.03)
    _flies(canvas, rng, 8)
    return canvas


LAVA: tuple[Colour, ...] = ((255, 200, 40), (255, 120, 20), (230, 50, 10))
ROT: tuple[Colour, ...] = ((95, 75, 35), (70, 80, 30), (120, 100, 50), (60, 55, 45))

SCENES: dict[str, tuple[Scene, ...]] = {
    "happiness": (meadow, beach, party),
    "sadness": (rain, wilted),
    "anger": (volcano, flames),
    "surprise": (burst,),
    "fear": (forest, ghost),
    "disgust": (slime, garbage),
}


def _sun(canvas: Canvas, rng: Random, x: float, y: float, radius: float) -> None:
    turn = rng.uniform(0, 30)
    for i in range(12):
        canvas.at(x, y, scale=radius, degrees=turn + 30 * i).polygon([(1.7, 0), (0.95, 0.2), (0.95, -0.2)], (255, 200, 30))
    canvas.ellipse(x, y, radius, radius, (255, 225, 50))


def _flower(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    canvas.line([(x, y), (x, y + 3 * size)], (40, 130, 50), size * 0.35)
    for px, py in arc(x, y, size, size, 0, 288, 4):
        canvas.ellipse(px, py, size * 0.7, size * 0.7, colour)
    canvas.ellipse(x, y, size * 0.5, size * 0.5, (255, 220, 60))


def _bare_tree(pen: Canvas, colour: Colour, depth: int) -> None:
    """A trunk of height 0.45 that forks `depth` times, from the pen's origin upwards."""
    pen.line([(0, 0), (0, -0.45)], colour, 0.09)
    if depth:
        for degrees in (-32, 30):
            _bare_tree(pen.at(0, -0.42, scale=0.72, degrees=degrees), colour, depth - 1)


def _flies(canvas: Canvas, rng: Random, count: int) -> None:
    for _ in range(count):
        x, y = rng.uniform(0.08, 0.92), rng.uniform(0.08, 0.8)
        for side in (-1, 1):
            canvas.ellipse(x + side * 0.022, y - 0.018, 0.022, 0.012, (235, 240, 245, 200))
        canvas.ellipse(x, y, 0.016, 0.02, (15, 15, 15))


def _bones(pen: Canvas) -> None:
    white = (240, 240, 225)
    pen.line([(-1, 0), (0.8, 0)], white, 0.12)
    for i in range(5):
        pen.line([(-0.6 + 0.3 * i, -0.32), (-0.6 + 0.3 * i, 0.32)], white, 0.08)
    pen.polygon([(0.75, -0.35), (1.3, 0), (0.75, 0.35)], white)
    pen.polygon([(-1, 0), (-1.35, -0.3), (-1.35, 0.3)], white)
