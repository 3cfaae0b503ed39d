"""EmoBench-mini to be heard: voices alone, clips of a talking face, and faces with voices that clash or do not (our design).

Of eight records two are a voice, two a clip with a voice of its own, and four cross two faces with two voices: Yes where their
senses differ, so that one in four clashes. A talking face shows no emotion, and each face and each voice of a crossing has both
answers: without sound none of them says more than chance.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from .canvas import Canvas, backdrop, finish
from .clips import RATE as FRAME_RATE
from .clips import encode
from .faces import EXPRESSIONS, Expression, draw_face, random_head, vary
from .plan import EMOTIONS, Plan
from .voices import SECONDS, as_wav, speak

GLAD, GLOOMY = "happiness", ("sadness", "anger")
SIDES = ("glad", "gloomy")


def make_heard(*, train: int, test: int, seed: int) -> Plan:
    """Records of both splits; multiples of 24 balance answers and emotions exactly."""
    plan = Plan(seed)
    for split, count in (("train", train), ("test", test)):
        for number in range(count):
            block, place = divmod(number, 8)
            add = _add_crossed if place < 4 else _add_voice
            add(plan, split, block, place, f"{seed}/{split}/heard/{block}")
    return plan


def _add_voice(plan: Plan, split: str, block: int, place: int, key: str) -> None:
    """A voice alone, or the clip of a face that talks with it."""
    label = EMOTIONS[(2 * block + place % 2) % len(EMOTIONS)]
    stem, key = f"voice_{block:05d}_{place}", f"{key}/{place}"
    if place < 6:
        media, draw = f"{split}/{stem}.wav", partial(_voice, label, key)
    else:
        media, draw = f"{split}/{stem}.mp4", partial(_clip, label, key)
    plan.add(media, draw, item=f"{split}-{stem}", task="emo_c", answer=label, options=EMOTIONS, split=split)


def _add_crossed(plan: Plan, split: str, block: int, place: int, key: str) -> None:
    """One of the four pairs of two faces and two voices, glad and gloomy."""
    voice, face = ((0, 1), (0, 0), (1, 0), (1, 1))[place]
    rng = Random(f"choose/{key}")
    heard, seen = (GLAD, rng.choice(GLOOMY)), (GLAD, rng.choice(GLOOMY))
    stem = f"{split}/crossed_{block:05d}"
    plan.add(
        f"{stem}_{'ab'[face]}.jpg",
        partial(_face, seen[face], f"{key}/{face}"),
        (f"{stem}_{'ab'[voice]}.wav", partial(_voice, heard[voice], f"{key}/{voice}")),
        item=f"{split}-crossed-{block:05d}-{place}",
        task="sarcasm",
        answer="No" if face == voice else "Yes",
        split=split,
        attributes={"heard": SIDES[voice], "shown": SIDES[face]},
        group=f"{split}-crossed-{block}",
    )


def _voice(label: str, key: str) -> bytes:
    return as_wav(speak(label, key))


def _face(label: str, key: str) -> list[Image.Image]:
    rng = Random(key)
    canvas = backdrop(rng)
    draw_face(canvas, random_head(rng), vary(EXPRESSIONS[label], rng))
    return [finish(canvas, rng)]


def _clip(label: str, key: str) -> bytes:
    return encode(talking(key, SECONDS), speak(label, key))


def talking(key: str, seconds: float) -> list[Image.Image]:
    """The frames of a face that talks for so long and shows nothing else."""
    rng = Random(f"face/{key}")
    empty, head = backdrop(rng), random_head(rng)
    frames = []
    for number in range(max(1, round(seconds * FRAME_RATE))):
        canvas = Canvas(empty.image.copy())
        draw_face(canvas, head, Expression(gape=0.5 * (number % 2)))
        frames.append(finish(canvas, Random(f"{key}/light")))
    return frames
