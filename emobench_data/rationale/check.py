"""Whether a rationale may train: its conclusion is the label, and it does not name the label as given (our rules)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from ..schema.parsing import closing, normal, reasons
from ..schema.records import Record
from ..schema.steps import agrees, read_steps, written
from ..schema.tasks import GUIDED, STEPS, get_task
from ..schema.words import pieces
from .steps import comes_to, steps_of

FEWEST, MOST = 4, 80  # words of the reasons

_NOUN = r"(?:answer|label|emotion|feeling|sentiment|intent|intention|option|choice|category|class|solution)"
_TOLD = (
    r"(?:given|provided|stated|told|specified|indicated|tagged|marked|classified|categori[sz]ed|assigned|established|listed"
    r"|known|said|labell?ed|annotated|identified|described|rated)"
)
# Whatever the label is.
_GIVEN = re.compile(
    r"\b(?:label(?:s|ed|led|ing)?|annotat\w+|metadata|ground[ -]truth|gold(?:en)? standard|answer key|data ?set"
    rf"|(?:correct|right|true|given|provided|expected|intended|target|stated|assigned|specified|indicated|required|desired"
    rf"|known|gold(?:en)?|reference|chosen|selected) {_NOUN}"
    r"|(?:according to|based on|since|because|given that) the (?:answer|question|prompt|task|information|hint|key|instruction)"
    rf"|as (?:already )?{_TOLD}\b(?! (?:by|in|on|at|with|to|as)\b)"
    r"|it is already \w+ that|(?:the|a) (?:hint|key) (?:says|lists|tells|gives|is)"
    r"|(?:the|this|as the) (?:answer|label|option|solution) (?:is|was|says|states|tells|shows|must|would|should)"
    r"|(?:justif\w+|support\w*|confirm\w*|match\w*|fit\w*|explain\w*|consistent with|in line with|agree\w* with)"
    r" (?:the|this|that|our|an?) (?:answer|label|option|choice|solution|category|class)"
    r"|(?:text|caption|description|words?) (?:given|provided) (?:says?|tells?|states?))\b",
    re.IGNORECASE,
)
# What the label of a Yes/No sub-task is called.
_CALLED = {"hate": ("hate", "hateful"), "humor": ("humor", "humorous", "funny", "joke"), "sarcasm": ("sarcasm", "sarcastic")}

_QUOTED = re.compile(r'"[^"]*"')  # the item's own words may be about anything


class Checked(NamedTuple):
    """The reasons of a reply without its closing, and why they may not train, or an empty `fault`."""

    reasons: str
    fault: str = ""


def check(reply: str, record: Record, form: str = GUIDED) -> Checked:
    """Whether `reply`, reasons and a closing answer, may train `record`; a fault is one of a few fixed phrases.

    In steps, each that annotation knows as well must share a word with it, and the last must say the answer.
    """
    return _check_steps(reply, record) if form == STEPS else _check_sentences(reply, record)


def _check_sentences(reply: str, record: Record) -> Checked:
    text = " ".join(reasons(reply).split())
    concluded = normal(closing(reply))
    if not concluded:
        return Checked(text, "it does not close with one answer")
    if concluded != normal(_written(record, record.answer)):
        return Checked(text, "its conclusion is not the label")
    if not FEWEST <= len(text.split()) <= MOST:
        return Checked(text, f"its reasons are not {FEWEST} to {MOST} words")
    own = _QUOTED.sub("", text)
    if _GIVEN.search(own) or _label_given(_called(record)).search(own):
        return Checked(text, "it names the label as given")
    return Checked(text)


def _check_steps(reply: str, record: Record) -> Checked:
    steps, concluded = read_steps(reply), normal(closing(reply))
    text = written(steps)
    if not concluded:
        return Checked(text, "it does not close with one answer")
    if concluded != normal(_written(record, record.answer)):
        return Checked(text, "its conclusion is not the label")
    if len(steps) < 2 or steps[-1][0] != comes_to(record.task):
        return Checked(text, "it is not in steps")
    if not agrees(steps, concluded):
        return Checked(text, "its last step does not say its answer")
    if len(text.split()) > MOST:
        return Checked(text, f"its reasons are not {FEWEST} to {MOST} words")
    said = dict(steps[:-1])
    for name, value in steps_of(record)[:-1]:
        if name in said and not {*pieces(said[name])} & {*pieces(value)}:
            return Checked(text, "a step is not what the annotation says")
    own = _QUOTED.sub("", written(steps[:-1]))
    if _GIVEN.search(own) or _label_given(_called(record)).search(own):
        return Checked(text, "it names the label as given")
    return Checked(text)


def _called(record: Record) -> tuple[str, ...]:
    return _CALLED.get(record.task) or tuple(_written(record, label) for label in record.references)


def _written(record: Record, label: Any) -> str:
    return get_task(record.task).type.written(label)


@lru_cache(maxsize=1024)
def _label_given(labels: tuple[str, ...]) -> re.Pattern[str]:
    """What says of one of `labels`, in any form of its words, that somebody told it."""
    words = {word[: max(3, len(word) - 2)] for label in labels for word in normal(label).split() if len(word) > 3}
    label = rf"(?:{'|'.join(sorted(map(re.escape, words or map(normal, labels))))})\w*"
    few = r"(?:\W+\w+){0,3}?\W+"
    return re.compile(
        rf"\b(?:(?:is|are|was|were|been|being|be|as|already)(?: \w+)? (?:tagged|classified|categori[sz]ed|assigned){few}{label}"
        rf"|{_TOLD} (?:as|to be|as being|that){few}{label}"
        rf"|{label}(?:\W+\w+){{0,2}}? (?:is|was|has been) (?:assigned|given|provided|stated|specified|listed|selected"
        r"|chosen|marked as)"
        rf"|given (?:that )?(?:the {_NOUN}|it|this|he|she|they) (?:is|are){few}?{label}|given {label} as"
        rf"|(?:we|i) (?:already )?(?:know|knew|(?:am|are|was|were|have been) told)(?:\W+\w+){{0,6}}?\W+(?:{label}|{_NOUN})"
        rf"|knowing (?:that )?(?:it|this|the {_NOUN}) is{few}?{label})\b",
        re.IGNORECASE,
    )
