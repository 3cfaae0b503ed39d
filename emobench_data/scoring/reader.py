"""From an answer's words to the label it counts as."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Iterable

from ..parsing import LabelSet, normal
from ..tasks import TASKS, YES_NO
from .gold import Gold

UNPARSED, AMBIGUOUS, MISSING = "(unparsed)", "(ambiguous)", "(missing)"
NO_LABEL = (UNPARSED, AMBIGUOUS, MISSING)


class Reader:
    """Turns an answer into a pair (gold label, predicted label), both as they are counted.

    In an open-set sub-task the labels are all that any of its gold accepts, and an answer that names several accepted
    words of its question is right too.
    """

    def __init__(self, gold: Iterable[Gold]) -> None:
        self._names: dict[str, str] = {}
        open_answers: dict[str, set[str]] = defaultdict(set)
        self._open_names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in gold:
            self._names.setdefault(normal(one.answer), one.answer)
            for label in one.options:
                self._names.setdefault(normal(label), label)
            if TASKS[one.task].kind == "open":
                open_answers[one.task] |= one.accepted
                for key in one.accepted:
                    self._open_names[one.task, key].add(self._names[normal(one.answer)])
        self._open_sets = {task: LabelSet(sorted(keys), letters=False) for task, keys in open_answers.items()}
        self._closed_set = cache(lambda options: LabelSet(options, letters=True))
        self._yes_no = LabelSet(YES_NO, letters=False)
        self.read = cache(self._read)  # models say the same few things over and over

    def _read(self, gold: Gold, answer: str | None) -> tuple[str, str]:
        """A right answer counts as the gold label, also where it is another accepted one."""
        truth = self._names[normal(gold.answer)]
        if answer is None:
            return truth, MISSING
        kind = TASKS[gold.task].kind
        found = self._labels(gold, kind).parse(answer)
        if not found:
            return truth, UNPARSED
        if found <= gold.accepted and (len(found) == 1 or kind == "open"):
            return truth, truth
        if len(found) > 1:
            return truth, AMBIGUOUS
        (key,) = found
        if kind == "open":  # a word may stand for several answers, but this one was not accepted for the gold's
            return truth, min(self._open_names[gold.task, key] - {truth}, default=key)
        return truth, self._names.get(key, key)

    def _labels(self, gold: Gold, kind: str) -> LabelSet:
        if kind == "open":
            return self._open_sets[gold.task]
        return self._closed_set(gold.options) if kind == "closed" else self._yes_no
