"""Which items EmoBench-mini holds: records, and for each medium the function that draws it. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from PIL import Image

from ..schema.records import Medium, Record
from ..schema.tasks import TASKS, quoted
from . import captions, descriptions, scenes
from .canvas import Canvas, backdrop, finish
from .faces import EXPRESSIONS, draw_face, random_head, vary
from .people import ANIMALS, INTENTS, people, sized_animal

SOURCE = "mini"
EMOTIONS = tuple(EXPRESSIONS)
FRAMES = 10
CLIP_RULE = "Judge the expression at the end of the video."
SYNONYMS: dict[str, tuple[str, ...]] = {
    "happiness": ("happiness", "happy", "joy", "joyful", "cheerful", "gladness", "delight"),
    "sadness": ("sadness", "sad", "sorrow", "grief", "unhappy", "gloom", "melancholy"),
    "anger": ("anger", "angry", "rage", "fury", "furious", "mad"),
    "surprise": ("surprise", "surprised", "astonishment", "astonished", "amazement", "amazed"),
    "fear": ("fear", "afraid", "scared", "fright", "frightened", "terror", "terrified"),
    "disgust": ("disgust", "disgusted", "revulsion", "nausea", "repulsion"),
}
HATS = {
    "Blue": (40, 80, 220),
    "Red": (215, 40, 40),
    "Green": (40, 160, 60),
    "Yellow": (240, 205, 40),
    "Purple": (130, 50, 180),
}
BRIGHT = scenes.SCENES["happiness"]
BLEAK = (scenes.rain, scenes.wilted, scenes.flames, scenes.garbage)
# What words and picture are about, in the same two words for both: where these differ the answer is Yes.
SIDES = {"sarcasm": ("glad", "gloomy"), "humor": ("large", "small"), "hate": ("rubbish", "people")}
RUBBISH = (scenes.garbage, scenes.slime, scenes.broken)

Draw = Callable[[], list[Image.Image] | bytes]  # one picture, the frames of a clip, or a file as it is
_KINDS = {".jpg": "image", ".mp4": "video", ".wav": "audio"}


@dataclass
class Plan:
    """The records, and how each medium is drawn; two records may share a medium.

    Ids carry the seed, so that answers to one render are not taken for answers to another; those of seed 0, the default,
    are the ids that results have had from the beginning.
    """

    seed: int
    records: list[Record] = field(default_factory=list)
    media: dict[str, Draw] = field(default_factory=dict)

    def add(self, media: str, draw: Draw, *others: tuple[str, Draw], item: str, group: str = "", **fields: Any) -> None:
        """Add a record about `media`, and about `others` with it."""
        drawn = ((media, draw), *others)
        self.media.update(drawn)
        shown = tuple(Medium(_KINDS[name[-4:]], name) for name, _ in drawn)
        mark = f"seed{self.seed}-" if self.seed else ""
        group = group and mark + group
        self.records.append(Record(source=SOURCE, media=shown, item=mark + item, group=group, **fields))


def make_plan(*, train: int, test: int, seed: int) -> Plan:
    """Everything that a render of these arguments holds; the same arguments give the same plan."""
    plan = Plan(seed)
    for split, total in (("train", train), ("test", test)):
        for place, task in enumerate(TASKS):
            count = total // len(TASKS) + (place < total % len(TASKS))
            for number in range(count):
                _ADD[task](plan, task, split, number, seed)
    return plan


def _key(*parts: object) -> str:
    return "/".join(map(str, parts))


def _once(scene: Callable[[Random], Canvas], key: str) -> list[Image.Image]:
    rng = Random(key)
    return [finish(scene(rng), rng)]


def _face(rng: Random, *, label: str) -> Canvas:
    canvas = backdrop(rng)
    draw_face(canvas, random_head(rng), vary(EXPRESSIONS[label], rng))
    return canvas


def _changing_face(key: str, start: str, end: str) -> list[Image.Image]:
    """The frames of a face that goes from `start` to `end` within the first third, so that end and majority agree."""
    rng = Random(key)
    empty, head = backdrop(rng), random_head(rng)
    first, last = vary(EXPRESSIONS[start], rng), vary(EXPRESSIONS[end], rng)
    frames = []
    for i in range(FRAMES):
        canvas = Canvas(empty.image.copy())
        draw_face(canvas, head, first.towards(last, min(1.0, 3 * i / (FRAMES - 1))))
        frames.append(finish(canvas, Random(f"{key}/light")))
    return frames


def _add_emotion(plan: Plan, task: str, split: str, number: int, seed: int) -> None:
    """Faces, scenes and clips as 2 : 2 : 1, for one emotion after the other; 6 and 5 meet every pair."""
    key = _key(seed, split, task, number)
    rng = Random(f"choose/{key}")
    label, kind = EMOTIONS[number % len(EMOTIONS)], number % 5
    stem, text = f"{split}/{task}_{number:05d}", ""
    if kind == 4:
        start = rng.choice([emotion for emotion in EMOTIONS if emotion != label])
        media, draw, text = f"{stem}.mp4", partial(_changing_face, key, start, label), CLIP_RULE
    elif kind % 2:
        scene = rng.choice(scenes.SCENES[label])
        media, draw = f"{stem}.jpg", partial(_once, scene, key)
    else:
        media, draw = f"{stem}.jpg", partial(_once, partial(_face, label=label), key)
    shown = {"scene": descriptions.SCENES[scene]} if kind % 2 else {"facial_expression": descriptions.FACES[label]}
    closed = task == "emo_c"
    plan.add(
        media,
        draw,
        item=f"{split}-{task}-{number:05d}",
        task=task,
        answer=label,
        text=text,
        split=split,
        attributes=shown,
        options=EMOTIONS if closed else (),
        references=() if closed else SYNONYMS[label],
    )


def _add_intent(plan: Plan, task: str, split: str, number: int, seed: int) -> None:
    """A gesture; every second item has spoken words, which fit any intent."""
    key = _key(seed, split, task, number)
    label = tuple(INTENTS)[number % len(INTENTS)]
    spoken = Random(f"choose/{key}").choice(captions.SPOKEN)
    plan.add(
        f"{split}/{task}_{number:05d}.jpg",
        partial(_once, INTENTS[label], key),
        item=f"{split}-{task}-{number:05d}",
        task=task,
        answer=label,
        options=tuple(INTENTS),
        text=quoted("Said", spoken) if number // len(INTENTS) % 2 else "",
        split=split,
        attributes={"human_action": descriptions.GESTURES[INTENTS[label]]},
    )


def _add_pair(plan: Plan, task: str, split: str, number: int, seed: int) -> None:
    """One of four items that cross two captions with two pictures: Yes where their senses differ.

    Each caption and each picture has both answers, so that either alone says nothing at all.
    """
    key = _key(seed, split, task, number // 4)
    caption, picture = ((0, 1), (0, 0), (1, 0), (1, 1))[number % 4]
    words, drawings, shown = _PAIRS[task](Random(f"choose/{key}"), split == "test")
    plan.add(
        f"{split}/{task}_{number // 4:05d}_{'ab'[picture]}.jpg",
        partial(_once, drawings[picture], f"{key}/{picture}"),
        item=f"{split}-{task}-{number:05d}",
        task=task,
        answer="No" if caption == picture else "Yes",
        text=quoted("Caption", words[caption]),
        split=split,
        attributes={
            "words": words[caption],
            "picture": shown[picture],
            "said": SIDES[task][caption],
            "shown": SIDES[task][picture],
        },
        group=f"{split}-{task}-{number // 4}",
    )


# Two captions, two drawings, and what those show.
Crossed = tuple[tuple[str, str], tuple[Callable[[Random], Canvas], Callable[[Random], Canvas]], tuple[str, str]]


def _sarcasm(rng: Random, test: bool) -> Crossed:
    """Glad or miserable words on a bright or bleak scene."""
    words, drawn = captions.sarcasm(rng, test=test), (rng.choice(BRIGHT), rng.choice(BLEAK))
    return words, drawn, (descriptions.SCENES[drawn[0]], descriptions.SCENES[drawn[1]])


def _humor(rng: Random, test: bool) -> Crossed:
    """An animal said to be large or small, and drawn large or small."""
    animal = rng.choice(tuple(ANIMALS))
    words = captions.humor(rng, test=test, animal=animal)
    drawn = partial(sized_animal, animal=animal, huge=True), partial(sized_animal, animal=animal, huge=False)
    return words, drawn, (f"a {animal} taller than a person", f"a {animal} at the feet of a person")


def _hate(rng: Random, test: bool) -> Crossed:
    """ "Away with these" is hateful of people only, "that is what they are" of rubbish only."""
    name = rng.choice(tuple(HATS))
    words = captions.hate(rng, test=test, group=f"{name}-hats")
    rubbish = rng.choice(RUBBISH)
    return words, (rubbish, partial(people, hat=HATS[name])), (descriptions.SCENES[rubbish], "friendly people with hats")


_PAIRS = {"sarcasm": _sarcasm, "humor": _humor, "hate": _hate}
_ADD = {"emo_c": _add_emotion, "emo_o": _add_emotion, "intent": _add_intent} | dict.fromkeys(_PAIRS, _add_pair)
