"""Rationales by rule, from annotation alone; every wording is our own.

They point to what a viewer could see or read, then conclude. Annotation that names the label itself is no evidence and
is left out; a record without enough of the rest gets no rationale.
"""

from __future__ import annotations

from collections.abc import Callable

from ..schema.parsing import normal
from ..schema.records import Record

QUOTED_WORDS = 16  # of an utterance that a rationale quotes
# Annotation names -> how they are said, content before light.
CONTENT = {"scene": "scene", "object": "objects", "facial_expression": "face", "human_action": "action"}
# EmoSet's scales go from 0 to 1; the middle says nothing (our reading).
LIGHT = {"brightness": ("dark light", "bright light"), "colorfulness": ("pale colors", "vivid colors")}
_LOW, _HIGH = 0.35, 0.65
KINDS = {"Person": "people", "Object": "an object", "Scenery": "a place or event", "Animal": "an animal"}
_CALM, _STIRRING = 3.0, 4.5  # arousal, rated from 1 to 7 (our reading)
TONES = {
    "!?": "in a startled question",
    "?!": "in a startled question",
    "!": "with force",
    "...": "trailing off",
    "…": "trailing off",
    "?": "as a question",
}
_TOGETHER = {
    ("hate", "Yes"): "Taken together they turn against people.",
    ("hate", "No"): "Taken together they turn against nobody.",
    ("humor", "Yes"): "The two do not go together, and that is the joke.",
    ("humor", "No"): "The two go together, so there is no joke.",
    ("sarcasm", "Yes"): "The two do not go together, so the opposite is meant.",
    ("sarcasm", "No"): "The two go together, so it is meant as it is said.",
}


def by_rule(record: Record) -> str:
    """The rationale that `record.attributes` give, without the closing answer; empty where they are not enough.

    Attributes that are read: EmoSet's (`scene`, `object`, `facial_expression`, `human_action`, `brightness`,
    `colorfulness`), OASIS' (`theme`, `category`, `arousal`), and `speaker`, `words`, `before`, `picture`.
    """
    return next(filter(None, (rule(record) for rule in _RULES.get(record.task, ()))), "")


def _visible(record: Record) -> str:
    """One thing in sight at least: light and colors alone point to nothing."""
    seen = [(said, evidence(record, name)) for name, said in CONTENT.items()]
    parts = [f"{said}: {value}" for said, value in seen if value]
    if not parts:
        return ""
    parts += [words for name in LIGHT if (words := light(record, name))]
    return f"{_capital('; '.join(parts))}. {_points_to(record)}"


def light(record: Record, name: str) -> str:
    """How bright or colorful it is, in words; nothing where the annotation is in the middle or not there."""
    try:
        value = float(record.attributes.get(name, ""))
    except ValueError:
        return ""
    low, high = LIGHT[name]
    return low if value < _LOW else high if value > _HIGH else ""


def _photograph(record: Record) -> str:
    """What a photograph is of, and how much it stirs its viewers: not their valence, of which the label is made."""
    theme, kind = evidence(record, "theme"), KINDS.get(record.attributes.get("category", ""))
    if not (theme and kind and "arousal" in record.attributes):
        return ""
    moved = stirring(float(record.attributes["arousal"]))
    return f"The photograph shows {kind}: {theme.lower()}. Most find it {moved}. {_points_to(record)}"


def stirring(arousal: float) -> str:
    """How much a picture stirs its viewers, in words."""
    return "calm" if arousal < _CALM else "stirring" if arousal > _STIRRING else "mildly stirring"


def _spoken(record: Record) -> str:
    """The words, how they are said, and what they answer. Without words before, an emotion needs a tone."""
    words, before = record.attributes.get("words", ""), record.attributes.get("before", "")
    tone = next((said for sign, said in TONES.items() if words.endswith(sign)), "")
    if not words or not (before or tone or record.task == "intent"):
        return ""
    said = " ".join(filter(None, (record.attributes.get("speaker") or "Somebody", "says", quote(words), tone)))
    return f"{said}{f', after {quote(before)}' if before else ''}. {_points_to(record)}"


def _pair(record: Record) -> str:
    """Words against the picture, or against what was said before them."""
    words, picture, before = (record.attributes.get(name, "") for name in ("words", "picture", "before"))
    if not words or not (picture or before):
        return ""
    other = f"the picture shows {picture}" if picture else f"they follow {quote(before)}"
    return f"The words are {quote(words)}, and {other}. {_TOGETHER[record.task, record.answer]}"


def _points_to(record: Record) -> str:
    return f"This points to {'the intent ' if record.task == 'intent' else ''}{record.answer}."


def evidence(record: Record, name: str) -> str:
    """An attribute without those of its parts that name an accepted label."""
    labels = [f" {normal(label)} " for label in record.references]
    parts = record.attributes.get(name, "").split(", ")
    return ", ".join(part for part in parts if part and not any(label in f" {normal(part)} " for label in labels))


def quote(text: str) -> str:
    """The first words of a text, in quotes."""
    words = text.replace('"', "'").split()
    return f'"{" ".join(words[:QUOTED_WORDS]).rstrip(".")}{" ..." if len(words) > QUOTED_WORDS else ""}"'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_RULES: dict[str, tuple[Callable[[Record], str], ...]] = {
    "emo_c": (_photograph, _visible, _spoken),
    "emo_o": (_photograph, _visible, _spoken),
    "intent": (_visible, _spoken),
    **dict.fromkeys(("hate", "humor", "sarcasm"), (_pair,)),
}
