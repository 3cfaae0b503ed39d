"""Answer Yes or No."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..items import Gold
from ..parsing import YES_NO, normal, yes_or_no
from ..task_type import REASONS, Key
from ._labels import LabelType, among, gold_fault, one_label
from .closed import checked_by

_ASKED = re.compile(r"(?:Answer|\"Answer:\" and) Yes or No\.\s*$")
_LABELS = {normal(label): label for label in YES_NO}


class YesNo(LabelType):
    """An answer is `Yes` or `No`."""

    name = "yes_no"
    hint = "Answer Yes or No."
    close = f"{REASONS}Yes or No."
    multiple_choice = two_answers = True

    def label_fault(self, answer: str, references: tuple[str, ...], options: tuple[str, ...]) -> str | None:
        return None if set(references) <= set(YES_NO) else f"the answer must be Yes or No, not {answer!r}"

    def choices(self, options: tuple[str, ...]) -> tuple[str, ...]:
        return YES_NO

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        if fault := gold_fault(answer, references, options):
            return fault
        keys = frozenset(map(normal, references))
        return among(_LABELS, YES_NO, references, keys) or Key(_LABELS[normal(answer)], keys, YES_NO)

    def read(self, gold: Gold, question: str, answer: str) -> tuple[str, str]:
        return _read(gold, answer)

    def drawn_from(self, gold: Gold, answers: Sequence[str]) -> Sequence[str]:
        return list(_LABELS)

    def extra_figures(self, pairs: Mapping[tuple[str, str], int]) -> dict[str, float]:
        """F1 of the positive class, and how often Yes was said."""
        said = sum(n for (_, guess), n in pairs.items() if guess == "Yes")
        positive = sum(n for (truth, _), n in pairs.items() if truth == "Yes") + said
        f1 = 2 * pairs.get(("Yes", "Yes"), 0) / positive if positive else 0.0
        return {"f1_yes": f1, "yes_rate": said / sum(pairs.values())}

    def checker(self, question: str) -> Callable[[str], str] | None:
        return checked_by(frozenset(_LABELS)) if _ASKED.search(question) else None


@lru_cache(1 << 16)
def _read(gold: Gold, answer: str) -> tuple[str, str]:
    return one_label(gold, yes_or_no(answer), _LABELS)


TYPE = YesNo()
