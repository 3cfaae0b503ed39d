"""Name all that apply of a closed list, which may be none of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...io.errors import InputError
from ..items import AMBIGUOUS, UNPARSED, Gold, Item
from ..parsing import conclusion, normal
from ..task_type import REASONS, Key
from ._own_table import LISTED, OUTSIDE, OwnTable
from ._word_lists import parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = "none"
_ASKED = re.compile(r"Name all that apply of: (.+?); if none does, say \"(.+?)\"")


class Multi(OwnTable):
    """An answer is a tuple of the record's options, each once and in their order, or an empty one, said as `none`.

    A model's answer must be a list of them, with commas or `and` between. Where a part of it is no option the whole counts as
    outside, where `none` stands beside a label as ambiguous, and where no part is an option as unparsed.
    """

    name = "multi"
    family: ClassVar[str] = "multi"
    main: ClassVar[str] = "jaccard"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "jaccard": "Jaccard",
        "jaccard_interval": "95 %-interval",
        "majority": "Jaccard of the commonest set",
        "micro_f1": "micro-F1",
        "macro_f1": "macro-F1",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "outside": "outside",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"jaccard": True, "micro_f1": True}
    counted = LISTED
    takes_options = True
    limit = 64

    def __init__(self, none: str = NONE) -> None:
        if not normal(none) or len(parts(none)) != 1:
            raise InputError(f"task type 'multi:none={none}': expected one word or phrase for the empty set")
        self.none = none
        listed = f'Name all that apply of: {{options}}; if none does, say "{none}".'
        self.hint, self.close = f"{listed} Answer with the names only, with commas between.", f"{listed} {REASONS}the names."

    def configured(self, options: Mapping[str, str]) -> Multi:
        if options.keys() != {"none"}:
            raise InputError(f"task type 'multi': takes none=WORD, how the empty set is said, and not {', '.join(options)}")
        return Multi(**options)

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        known = {normal(option) for option in options}
        if not options or len(known) < len(options) or normal(self.none) in known:
            return f"its options must be different words, and not {self.none!r}, which says the empty set"
        if any(len(parts(option)) != 1 for option in options):
            return "an option of it holds a comma, which stands between several"
        if not isinstance(answer, tuple) or references != (answer,):
            return f"the answer {answer!r} is no list of options; no other answers may be accepted"
        if answer != tuple(option for option in options if option in answer):
            return f"the answer {[*answer]!r} must be options, each once and in their order"
        return None

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        if not isinstance(answer, tuple) or not isinstance(options, tuple) or not {*map(type, (*answer, *options))} <= {str}:
            return "a set needs lists of words: under 'answer', which may be empty, and what these are from under 'options'"
        answer = tuple(option for option in options if option in answer) if {*answer} <= {*options} else answer
        references = (answer,) if isinstance(references, tuple) and len(references) == 1 else references
        return self.answer_fault(answer, references, options) or Key(answer, frozenset((answer,)), options)

    def written(self, answer: Any) -> str:
        return ", ".join(answer) or self.none

    def stratum(self, answer: Any) -> str:
        """Of several labels the first."""
        return answer[0] if answer else self.none

    def read(self, gold: Gold, question: str, answer: str) -> tuple[tuple[str, ...], tuple[str, ...] | str]:
        return gold.answer, _said(gold.options, normal(self.none), answer)

    def worth(self, truth: Any, guess: Any) -> float:
        """The Jaccard index: 1 where both are empty."""
        from ...metrics.sets import jaccard_index

        return jaccard_index(truth, guess)

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """Of all questions; an answer that could not be read has no label right and says none."""
        from ...metrics import sets
        from ...metrics.named import figures_of, with_intervals

        pairs = [(item.truth, item.guess) for item in items]
        labels = list(dict.fromkeys(option for item in items for option in item.gold.options))
        (most, _), *_ = Counter(item.truth for item in items).most_common(1)
        functions: dict[str, Any] = {
            "jaccard": sets.jaccard,
            "micro_f1": sets.micro_f1,
            "macro_f1": partial(sets.macro_f1, labels=labels),
        }
        return {
            **with_intervals(functions, pairs, units),
            "majority": sum(sets.jaccard_index(truth, most) for truth, _ in pairs) / len(pairs),
            **figures_of(self.family, pairs, units),  # those that other packages add
        }

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        from ...metrics import sets

        truth, guess = zip(*pairs)
        return {"jaccard": float(sets.jaccard(truth, guess)[0]), "micro_f1": float(sets.micro_f1(truth, guess)[0])}

    def checker(self, question: str) -> Callable[[str], str] | None:
        asked = _ASKED.findall(question)
        if not asked:
            return None
        options, none = tuple(asked[-1][0].split(", ")), normal(asked[-1][1])
        return lambda answer: "" if isinstance(_said(options, none, answer), tuple) else "is no list of what its question lists"


@lru_cache(1 << 16)
def _said(options: tuple[str, ...], none: str, answer: str) -> tuple[str, ...] | str:
    """The options that `answer` lists, in their order, or why it is no such list."""
    said = {normal(part) for part in parts(conclusion(answer))}
    known = {normal(option): option for option in options}
    if not said & (known.keys() | {none}):
        return UNPARSED
    if said - known.keys() - {none}:
        return OUTSIDE
    if none in said and len(said) > 1:
        return AMBIGUOUS
    return tuple(option for key, option in known.items() if key in said)


TYPE = Multi()
