"""Rationales in steps, from annotation alone: what `rules` says in sentences, a line for each piece (`schema.steps`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..schema.records import Record
from ..schema.steps import Steps
from .rules import CONTENT, KINDS, TONES, evidence, light, quote, stirring

# What the last step is called, by sub-task.
_COMES_TO = {"emo_c": "Feeling", "emo_o": "Feeling", "intent": "Intent"} | dict.fromkeys(("hate", "humor", "sarcasm"), "Clash")
# Attributes of what leads to a reply -> their steps, in the order in which they are said.
TOWARDS = {"emotion": "Feeling", "event": "Event", "cause": "Cause", "goal": "Goal", "strategy": "Strategy"}


def comes_to(task: str) -> str:
    """What the last step of a sub-task is called."""
    return _COMES_TO.get(task, "Comes to")


def steps_of(record: Record) -> Steps:
    """The steps that `record.attributes` give, the last of which says the answer; empty where they are not enough.

    A reply follows its steps and is none of them. Attributes that are read: those of `rules.by_rule`; `said`, `heard` and
    `shown`, the sides on which words, voice and picture stand; and for a reply those of `TOWARDS`.
    """
    found = next(filter(None, (rule(record) for rule in _RULES.get(record.task, ()))), ())
    return (*found, (comes_to(record.task), _last(record))) if found and record.task != "reply" else found


def _last(record: Record) -> str:
    return record.answer.lower() if comes_to(record.task) == "Clash" else record.answer


def _sides(record: Record) -> Steps:
    """Words or voice, and picture, each by its side: they clash, or they do not."""
    said, heard, shown = (record.attributes.get(name, "") for name in ("said", "heard", "shown"))
    return (("Words", said) if said else ("Voice", heard), ("Picture", shown)) if (said or heard) and shown else ()


def _pair(record: Record) -> Steps:
    """Words beside what the picture shows, or what was said before them."""
    words, picture, before = (record.attributes.get(name, "") for name in ("words", "picture", "before"))
    beside = ("Picture", picture) if picture else ("Before", quote(before)) if before else None
    return (("Words", quote(words)), beside) if words and beside else ()


def _towards(record: Record) -> Steps:
    return tuple((said, value) for name, said in TOWARDS.items() if (value := record.attributes.get(name, "")))


def _visible(record: Record) -> Steps:
    seen = [(said.capitalize(), evidence(record, name)) for name, said in CONTENT.items()]
    if not any(value for _, value in seen):
        return ()
    lit = [words for name in ("brightness", "colorfulness") if (words := light(record, name))]
    return (*((name, value) for name, value in seen if value), *([("Light", ", ".join(lit))] if lit else []))


def _photograph(record: Record) -> Steps:
    theme, kind = evidence(record, "theme"), KINDS.get(record.attributes.get("category", ""))
    if not (theme and kind and "arousal" in record.attributes):
        return ()
    return ("Shows", f"{kind}, {theme.lower()}"), ("Stirring", stirring(float(record.attributes["arousal"])))


def _spoken(record: Record) -> Steps:
    words, before = record.attributes.get("words", ""), record.attributes.get("before", "")
    tone = next((said for sign, said in TONES.items() if words.endswith(sign)), "")
    if not words or not (before or tone or record.task == "intent"):
        return ()
    steps = (("Before", quote(before) if before else ""), ("Words", quote(words)), ("Tone", tone))
    return tuple((name, value) for name, value in steps if value)


_RULES: Mapping[str, tuple[Callable[[Record], Steps], ...]] = {
    "emo_c": (_photograph, _visible, _spoken),
    "emo_o": (_photograph, _visible, _spoken),
    "intent": (_visible, _spoken),
    "reply": (_towards,),
} | dict.fromkeys(("hate", "humor", "sarcasm"), (_sides, _pair))
