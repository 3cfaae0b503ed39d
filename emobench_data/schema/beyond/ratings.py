"""How strong, how pleasant: numbers that people gave to texts and faces, in the range of the data set that has them.

How to answer says the range, so that a question does not. Answers are trained with fewer decimals than means of ratings have:
those beyond say nothing (our reading); gold keeps them.
"""

from __future__ import annotations

from ..task import Task, task

FELT = ("anger", "fear", "joy", "sadness")  # SemEval-2018's, each a task with figures of its own
VADER = {"tweets": "tweet", "amazon": "review", "movies": "review", "news": "editorial"}


def _intensity(emotion: str) -> Task:
    return task(
        f"ei_reg_{emotion}",
        f"EI-reg, {emotion}",
        "number:low=0,high=1,decimals=2",
        (
            f"How much {emotion} does whoever wrote this feel?",
            f"How strong is the {emotion} in this {{medium}}?",
            f"Rate the {emotion} of the writer.",
        ),
        part_of="EI-reg",
    )


def _emobank(dimension: str, *asked: str) -> Task:
    return task(f"emobank_{dimension}", f"EmoBank, {dimension}", "number:low=1,high=5,decimals=1", asked)


def _vader(kind: str, called: str) -> Task:
    return task(
        f"vader_{kind}",
        f"VADER, {kind}",
        "number:low=-4,high=4,decimals=1",
        (f"How positive is this {called}? Below 0 is negative.", f"Rate the sentiment of this {called}; below 0 is negative."),
    )


TASKS = (
    *map(_intensity, FELT),
    task(
        "v_reg",
        "V-reg",
        "number:low=0,high=1,decimals=2",
        ("How positive does whoever wrote this feel?", "How pleasant is this {medium}?", "Rate the valence of this {medium}."),
    ),
    task(
        "sst",
        "SST",
        "number:low=0,high=1,decimals=2",
        ("How well does this sentence of a review speak of the film?", "How positive is this sentence?"),
    ),
    _emobank("valence", "How pleasant is this {medium}?", "Rate the valence of this {medium}."),
    _emobank("arousal", "How exciting is this {medium}?", "Rate the arousal of this {medium}."),
    _emobank("dominance", "How much in control is who speaks in this {medium}?", "Rate the dominance of this {medium}."),
    *(_vader(kind, called) for kind, called in VADER.items()),
    task(
        "face_intensity",
        "EmoNet-Face, intensity",
        "number:low=0,high=7,decimals=1",
        (
            "How strong is the named emotion in the face of this {medium}?",
            "Rate how much of the named emotion this {medium} shows.",
        ),
        look="Look at brows, eyes, mouth and the tilt of the head.",
    ),
)
