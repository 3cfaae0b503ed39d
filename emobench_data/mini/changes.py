"""Clips on which only the order of the frames tells the answer: a smile that grows, or one that fades (our design).

The smile comes in four steps and goes round: it grows and is gone at once, or it is there at once and fades. Clips
come in pairs of one face, each the other backwards, and begin at any of the four steps. So both answers hold the same
frames, and any one frame, wherever in the clip it stands, is as frequent with one answer as with the other.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from .canvas import Canvas, backdrop, finish
from .faces import EXPRESSIONS, Expression, draw_face, random_head, vary
from .plan import Plan

ANSWERS = ("growing joy", "fading joy")
STEPS = 4
SHOWN = 2  # frames that a step is shown for


def make_changes(*, train: int, test: int, seed: int) -> Plan:
    """Clips of both splits; multiples of eight balance answers and beginnings exactly."""
    plan = Plan(seed)
    for split, count in (("train", train), ("test", test)):
        for number in range(count):
            face, backwards = divmod(number, 2)
            stem = f"{split}-change-{face:05d}"
            plan.add(
                f"{split}/change_{face:05d}_{'ab'[backwards]}.mp4",
                partial(_smile, f"{seed}/{stem}", face % STEPS, bool(backwards)),
                item=f"{stem}-{'ab'[backwards]}",
                task="emo_c",
                answer=ANSWERS[backwards],
                options=ANSWERS,
                split=split,
                group=stem,
            )
    return plan


def _smile(key: str, first: int, backwards: bool) -> list[Image.Image]:
    """The frames of a face whose smile begins at step `first`, grows, and begins anew; or those from last to first."""
    rng = Random(key)
    empty, head = backdrop(rng), random_head(rng)
    none, full = Expression(), vary(EXPRESSIONS["happiness"], rng)
    frames = []
    for step in range(STEPS):
        canvas = Canvas(empty.image.copy())
        draw_face(canvas, head, none.towards(full, (first + step) % STEPS / (STEPS - 1)))
        frames += [finish(canvas, Random(f"{key}/light"))] * SHOWN
    return frames[::-1] if backwards else frames
