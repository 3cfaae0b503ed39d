"""Answers whose reasons break the form they were asked in: listed, beside what they count as (our rules).

None of these faults is a rule of its own. An answer that never closes, or closes twice in other words, has no label; one whose
last step says something else counts by its closing line, and its steps as what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex

from ..schema.items import Item
from ..schema.parsing import closing, closings, goes_on, normal, reasons
from ..schema.questions import Question
from ..schema.steps import Steps, agrees, lines_of, read_steps
from ..schema.tasks import STEPS

KINDS = NEVER, AFTER, TWICE, AGAINST, NO_STEPS, LANGUAGE = (
    "never closes",
    "goes on after its closing line",
    "closes more than once",
    "contradicts itself",
    "is not in steps",
    "is in another language",
)
_LETTER, _LATIN = regex.compile(r"\p{L}"), regex.compile(r"\p{Latin}")


def listed(items: Sequence[Item], asked: Mapping[str, Question], steps: Mapping[str, Steps]) -> dict[str, list[str]]:
    """Kind of fault -> the ids of the questions whose answers have it, of those that ask for reasons; kinds without any too.

    Args:
        steps: question id -> its right steps, where annotation gives them.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for item in items:
        question = asked[item.question]
        if question.reasoned and item.answer is not None:
            for kind in faults(item.answer.said, question, steps.get(item.question, ())):
                found[kind].append(item.question)
    return found


def faults(said: str, question: Question, wanted: Steps = ()) -> Iterator[str]:
    """What is wrong with the reasons of an answer, in the order of `KINDS`.

    That it is in another language shows in the names of its steps, none of which was asked for, or in its letters, most of
    which are of another script than the question's; sentences in the question's own script are not told apart.
    """
    ends, given = closings(said), read_steps(said)
    if not ends:
        yield NEVER
    elif goes_on(said):
        yield AFTER
    if len(ends) > 1:
        yield TWICE
    if _against(said, given, question):
        yield AGAINST
    if question.form == STEPS and not given:
        yield NO_STEPS
    foreign = bool(given and wanted) and not {name for name, _ in given} & {name for name, _ in wanted}
    if foreign or (_latin(question.text) and not _latin(reasons(said))):
        yield LANGUAGE


def _against(said: str, given: Steps, question: Question) -> bool:
    """Whether closing lines differ, one name has two values, or the last step does not say the answer."""
    if len({normal(label) for label in closings(said)}) > 1:
        return True
    if question.form != STEPS:
        return False
    pairs = {(name, normal(value)) for name, value in lines_of(said)}
    twice = len({name for name, _ in pairs}) < len(pairs)
    return twice or bool(given and (answer := closing(said)) and not agrees(given, answer))


def _latin(text: str) -> bool:
    """Whether most letters are Latin; true without letters."""
    return 2 * len(_LATIN.findall(text)) >= len(_LETTER.findall(text))
