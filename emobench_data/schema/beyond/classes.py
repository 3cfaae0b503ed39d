"""Ordered classes and sets of emotions that people gave to texts."""

from __future__ import annotations

from ..task import Task, task
from .ratings import FELT

_ALL = (
    "Which emotions does whoever wrote this express?",
    "Name every emotion that comes across in this {medium}.",
    "Which of the emotions are in this {medium}?",
)


def _class(emotion: str) -> Task:
    return task(
        f"ei_oc_{emotion}",
        f"EI-oc, {emotion}",
        "ordinal",
        (
            f"How much {emotion} can be inferred from this {{medium}}?",
            f"Which class of {emotion} does whoever wrote this feel?",
        ),
        part_of="EI-oc",
    )


TASKS = (
    *map(_class, FELT),
    task(
        "v_oc",
        "V-oc",
        "ordinal",
        ("How does whoever wrote this feel?", "Which class of sentiment can be inferred from this {medium}?"),
    ),
    task("e_c", "E-c", "multi", _ALL),
    task("goemotions", "GoEmotions", "multi", _ALL),
    task(
        "sst5",
        "SST-5",
        "ordinal",
        ("How does this sentence of a review judge the film?", "Which sentiment does this sentence express?"),
    ),
    task(
        "target_sentiment",
        "Sentiment towards a target",
        "closed",
        ("Which sentiment towards the target does this {medium} express?", "How does this {medium} speak of the target?"),
    ),
    task(
        "open_emotions",
        "Emotions in free words",
        "open_set",
        (
            "Which emotions does the person in this {medium} feel?",
            "Name all the emotions that come across in this {medium}.",
        ),
        look="Look at face, gestures and voice, and read what is said.",
    ),
    task(
        "emotion_description",
        "Description of emotions",
        "response",
        (
            "Describe what in this {medium} tells how the person feels, and what that is.",
            "How does the person in this {medium} feel, and what shows it?",
        ),
        look="Look at face, gestures and voice, and read what is said.",
    ),
)
