"""Whether a rationale may train: its conclusion is the label, and it does not name the label as given (our rules)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..parsing import closing, normal, reasons
from ..records import Record

FEWEST, MOST = 4, 80  # words of the reasons

_GIVEN = re.compile(
    r"\b(?:label(?:s|ed|led|ing)?|annotat\w+|ground[ -]truth|gold(?:en)? (?:answer|label|standard)|answer key|data ?set"
    r"|(?:correct|right|true|given|provided|expected|intended|target) (?:answer|emotion|intent|option|choice)"
    r"|(?:is|are|was|as|already) (?:given|provided|stated|told|specified|labell?ed|annotated) (?:as|to be|above|here)"
    r"|(?:according to|based on|since|because|given that) the (?:answer|question|prompt|task))\b",
    re.IGNORECASE,
)  # fmt: skip

_QUOTED = re.compile(r'"[^"]*"')  # the item's own words may be about anything


class Checked(NamedTuple):
    """The reasons of a reply without its closing, and why they may not train, or an empty `fault`."""

    reasons: str
    fault: str = ""


def check(reply: str, record: Record) -> Checked:
    """Whether `reply`, reasons and a closing answer, may train `record`; a fault is one of a few fixed phrases."""
    text = " ".join(reasons(reply).split())
    concluded = normal(closing(reply))
    if not concluded:
        return Checked(text, "it does not close with one answer")
    if concluded != normal(record.answer):
        return Checked(text, "its conclusion is not the label")
    if not FEWEST <= len(text.split()) <= MOST:
        return Checked(text, f"its reasons are not {FEWEST} to {MOST} words")
    if _GIVEN.search(_QUOTED.sub("", text)):
        return Checked(text, "it names the label as given")
    return Checked(text)
