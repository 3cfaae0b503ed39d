"""Rewards for answers that name an emotion: the strict scorer's verdict, and how near a wrong word is on the wheel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emobench_data.schema.parsing import LabelSet, conclusion
from emobench_data.schema.wheel import load_wheel
from emobench_data.schema.words import named, normal, vocabulary

Completions = Sequence[Any]  # texts, or conversations of which the last message counts


def strict(completions: Completions, answer: Sequence[str], options: Sequence[Sequence[str]], **_: Any) -> list[float]:
    """1 where an answer names the right label of its options and no other, as EmoBench's accuracy counts; else 0."""
    return [
        float(LabelSet(labels, letters=False).parse(said(each)) == {normal(right)})
        for each, right, labels in zip(completions, answer, options, strict=True)
    ]


def wheel(completions: Completions, answer: Sequence[str], **_: Any) -> list[float]:
    """How near an answer is on the emotion wheel: 1 for the same emotion, 1/2 for one of its family, else 0.

    An answer that names several emotions gets the mean over them, one that names none gets 0.
    """
    table = load_wheel()
    rewards = []
    for each, right in zip(completions, answer, strict=True):
        words = named(conclusion(said(each)), table.words, vocabulary(frozenset({normal(right)})))
        near = [_nearness(word, normal(right), table) for word in words]
        rewards.append(sum(near) / len(near) if near else 0.0)
    return rewards


def _nearness(word: str, right: str, table: Any) -> float:
    if table.emotions.get(word, word) == table.emotions.get(right, right):
        return 1.0
    return 0.5 if table.families.get(word, word) == table.families.get(right, right) else 0.0


def said(completion: Any) -> str:
    """The text of a completion, plain or a conversation whose content is text or parts."""
    content = completion if isinstance(completion, str) else completion[-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
