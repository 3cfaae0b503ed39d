"""What a picture or clip shows beside its emotion: EmoSet's attributes, sentiment, ambivalence."""

from __future__ import annotations

from ..task import Task, task

_LIGHT = "Look at the light and the colors alone."


def _share(name: str, asked: str) -> Task:
    wordings = f"How {asked} is this {{medium}}?", f"Rate how {asked} this {{medium}} is."
    return task(name, name.capitalize(), "number:low=0,high=1,decimals=1", wordings, look=_LIGHT)


TASKS = (
    task(
        "sentiment",
        "Sentiment",
        "closed",
        ("Is the sentiment of this {medium} positive, neutral or negative?", "Which sentiment does this {medium} express?"),
    ),
    task(
        "opinion",
        "Opinion",
        "closed",
        ("How much of an opinion does this {medium} hold?", "How opinionated is this {medium}?"),
    ),
    task(
        "text_emotion",
        "Emotion, machine labels",
        "closed",
        ("Which emotion does this {medium} express?", "Name the emotion that comes across in this {medium}."),
    ),
    task(
        "polarity",
        "Polarity",
        "closed",
        (
            "Is the emotion of this {medium} positive or negative?",
            "Does this {medium} evoke a pleasant or an unpleasant emotion?",
        ),
        look="Look at the scene, the people's faces and gestures, the light and the colors.",
    ),
    task(
        "expression",
        "Facial expression",
        "closed",
        ("Which expression does the face in this {medium} have?", "Name the facial expression in this {medium}."),
        look="Look at brows, eyes and mouth.",
    ),
    task(
        "scene",
        "Scene",
        "closed",
        ("Where is this {medium} set?", "Which scene does this {medium} show?"),
        look="Look at the place and at what belongs to it.",
    ),
    task(
        "action",
        "Human action",
        "closed",
        ("What do the people in this {medium} do?", "Which action does this {medium} show?"),
        look="Look at hands, posture and what they hold.",
    ),
    _share("brightness", "bright"),
    _share("colorfulness", "colorful"),
    task(
        "ambivalence",
        "Ambivalence",
        "yes_no",
        (
            "Does the person in this {medium} show ambivalence or hesitancy?",
            "Is the person in this {medium} in two minds about what is talked about?",
        ),
        look="Look for pauses, looks aside and words that speak against each other or against the face.",
    ),
)
