"""How strong, how pleasant: numbers that people gave to texts, in the range of the data set that has them."""

from __future__ import annotations

from ..task import Task, task

FELT = ("anger", "fear", "joy", "sadness")  # SemEval-2018's, each a task with figures of its own


def _intensity(emotion: str) -> Task:
    return task(
        f"ei_reg_{emotion}",
        f"EI-reg, {emotion}",
        "number:low=0,high=1,decimals=3",
        (
            f"How strong is the {emotion} of whoever wrote this, from 0 for none to 1 for the most?",
            f"How much {emotion} does the writer of this {{medium}} feel, from 0 to 1?",
            f"Rate the intensity of {emotion} in this {{medium}}, where 0 is none and 1 the most.",
        ),
    )


def _emobank(dimension: str, ends: str) -> Task:
    return task(
        f"emobank_{dimension}",
        f"EmoBank, {dimension}",
        "number:low=1,high=5,decimals=2",
        (
            f"How high is the {dimension} of this {{medium}}, from 1 {ends}?",
            f"Rate the {dimension} that this {{medium}} expresses or evokes, from 1 {ends}.",
        ),
    )


def _vader(kind: str, called: str) -> Task:
    return task(
        f"vader_{kind}",
        f"VADER, {kind}",
        "number:low=-4,high=4,decimals=2",
        (
            f"How positive is this {called}, from -4 for extremely negative over 0 for neutral to 4 for extremely positive?",
            f"Rate the sentiment of this {called}, where -4 is extremely negative and 4 extremely positive.",
        ),
    )


VADER = {"tweets": "tweet", "amazon": "review of a product", "movies": "review of a film", "news": "editorial"}

TASKS = (
    *map(_intensity, FELT),
    task(
        "v_reg",
        "V-reg",
        "number:low=0,high=1,decimals=3",
        (
            "How does whoever wrote this feel, from 0 for the most negative to 1 for the most positive?",
            "Rate the valence of this {medium}, where 0 is the most negative and 1 the most positive.",
        ),
    ),
    task(
        "sst",
        "SST",
        "number:low=0,high=1,decimals=3",
        (
            "How well does this sentence of a review speak of the film, from 0 for very badly to 1 for very well?",
            "Rate the sentiment of this sentence, where 0 is very negative and 1 very positive.",
        ),
    ),
    _emobank("valence", "for unpleasant to 5 for pleasant"),
    _emobank("arousal", "for calm to 5 for excited"),
    _emobank("dominance", "for being controlled to 5 for being in control"),
    *(_vader(kind, called) for kind, called in VADER.items()),
    task(
        "face_intensity",
        "EmoNet-Face, intensity",
        "number:low=0,high=7,decimals=1",
        (
            "How strong is the named emotion in the face of this {medium}, from 0 for absent to 7 for very strong?",
            "Rate how much of the named emotion this {medium} shows, where 0 is none and 7 very much.",
        ),
        look="Look at brows, eyes, mouth and the tilt of the head.",
    ),
)
