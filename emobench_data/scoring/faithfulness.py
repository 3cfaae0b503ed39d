"""Whether an answer follows from its reasons, and these from the item: reasons in steps, scored one by one (our measures)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..schema.parsing import closing, normal
from ..schema.steps import Steps, agrees, read_steps


def faithfulness(items: Iterable[tuple[Steps, str | None]]) -> dict[str, Any]:
    """Figures of reasons in steps, each a share with what it is a share of.

    Args:
        items: the right steps of a question, and what the model said; None where it said nothing.

    Returns:
        `n` questions; `readable`: answers of which every line is a step, of all; `premises`: steps before the last that are
        right, by name, of all questions that have them; `conclusion`: last steps that are right, where all before it are;
        `from_premises`: how many these are; `consistent`: answers that the last step says, of those that are readable and
        closed. A share of nothing is None.
    """
    counts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for wanted, said in items:
        given = read_steps(said or "")
        answer = closing(said or "")
        counts["n"] += 1
        counts["readable"] += bool(given)
        said_of = {name: normal(value) for name, value in given}
        hits = [said_of.get(name) == normal(value) for name, value in wanted]
        for (name, _), hit in zip(wanted[:-1], hits):
            there[name] += 1
            right[name] += hit
        if hits and all(hits[:-1]):
            counts["from_premises"] += 1
            counts["conclusion"] += hits[-1]
        if given and answer:
            counts["closed"] += 1
            counts["consistent"] += agrees(given, answer)
    return {
        "n": counts["n"],
        "readable": _share(counts["readable"], counts["n"]),
        "premises": {name: _share(right[name], n) for name, n in there.items()},
        "conclusion": _share(counts["conclusion"], counts["from_premises"]),
        "from_premises": counts["from_premises"],
        "consistent": _share(counts["consistent"], counts["closed"]),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
