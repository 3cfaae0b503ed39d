"""Whether an answer follows from its reasons, and these from the item: reasons in steps, scored one by one (our measures)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..io.errors import InputError
from ..io.llava_files import Readable, line_place, read_entries
from ..schema.items import Item
from ..schema.parsing import closing, normal
from ..schema.questions import Question
from ..schema.steps import Steps, agrees, read_steps
from ..schema.tasks import STEPS

RESPONSE = "response"  # the family of task types whose answers are free words


def read_gold_steps(gold: Readable) -> dict[str, Steps]:
    """Question id -> its right steps, where the gold file says them.

    Raises:
        InputError: a line of the gold has steps that are none.
    """
    return {question: steps for question, number, entry in read_entries(gold) if (steps := _steps(gold, number, entry))}


def faithfulness_by_task(
    items: Sequence[Item], asked: Mapping[str, Question], wanted: Mapping[str, Steps]
) -> dict[str, dict[str, Any]]:
    """Sub-task -> its `faithfulness`, where questions are asked in steps and `wanted` has theirs."""
    rows: dict[str, list[tuple[Steps, str | None]]] = defaultdict(list)
    free = {item.gold.task for item in items if item.gold.type.family == RESPONSE}
    for item in items:
        if item.question in wanted and asked[item.question].form == STEPS:
            rows[item.gold.task].append((wanted[item.question], item.answer and item.answer.said))
    return {task: faithfulness(own, concluded=task not in free) for task, own in rows.items()}


def _steps(gold: Readable, number: int, entry: Mapping[str, Any]) -> Steps:
    given = entry.get("steps", [])
    sound = isinstance(given, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in given
    )
    if not sound:
        raise InputError(f"{line_place(gold, number)}: 'steps' must be a list of pairs, a name and a value; write it again")
    return tuple((name, value) for name, value in given)


def faithfulness(items: Iterable[tuple[Steps, str | None]], *, concluded: bool = True) -> dict[str, Any]:
    """Figures of reasons in steps, each a share with what it is a share of.

    Args:
        items: the right steps of a question, and what the model said; None where it said nothing.
        concluded: whether the last step says the answer; before a reply all steps are premises.

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
        for (name, _), hit in zip(wanted[:-1] if concluded else wanted, hits):
            there[name] += 1
            right[name] += hit
        if concluded and hits and all(hits[:-1]):
            counts["from_premises"] += 1
            counts["conclusion"] += hits[-1]
        if concluded and given and answer:
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
