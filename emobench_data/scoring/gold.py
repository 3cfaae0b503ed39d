"""Read what is right; malformed input is an error with file and line.

A line of a gold file is a JSON object with

- `question_id`: that of a question in the question file;
- `answer`: the right one;
- `options`: what may be answered, where that is a choice; the question's own are taken where the gold has none;
- `accepted`: all that count as right, the answer among them; default: the answer alone;
- `task`: one of the six sub-tasks. Without it, a question is one of your own: it has options, is read as a closed set (or,
  where these are Yes and No, as such) and stands in a sub-task of its own, `own`, which never enters the overall of the six;
- `source`: the data set, for figures by source;
- `group`: what questions of one source have in common that hang together, such as a dialogue or a person; intervals take them
  as one.

So `{"question_id": 1, "answer": "joy", "options": ["joy", "fear"]}` is enough. Short answers without options are another kind
of gold, see `general`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..io.errors import InputError
from ..io.llava_files import Readable, line_place, read_entries
from ..schema.parsing import normal
from ..schema.questions import Question
from ..schema.tasks import TASKS, YES_NO

NO_SOURCE = "(unnamed)"
OWN = "own"  # the sub-task of questions that are none of the six
_YES_NO = {normal(label): label for label in YES_NO}
_NO_GOLD = "not a gold answer; it needs a string under 'answer', and lists of strings under 'accepted' and 'options'"


def task_title(task: str) -> str:
    """The sub-task's name where people read it."""
    return TASKS[task].title if task in TASKS else "Own questions"


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """The answer to one question of a `kind`: `closed`, `open` or `yes_no`. `accepted` holds labels in their normal form.

    Questions with the same answer share one object, which is counted by identity: hashing the fields would take longer
    than all the rest of scoring.
    """

    source: str
    task: str
    kind: str
    answer: str
    accepted: frozenset[str]
    options: tuple[str, ...]
    suffix: str  # of the ids of its questions, where they were written here


def read_gold(
    path: Readable, questions_path: Readable, asked: Mapping[str, Question]
) -> tuple[dict[str, Gold], dict[str, str]]:
    """Question id -> gold, for the questions that were asked; and question id -> unit.

    A unit is what questions that hang together have in common: their source's `group` or, between sub-tasks, the item's id.
    """
    gold, units = {}, {}
    for question, number, entry in read_entries(path):
        if question in asked:
            own = gold[question] = _gold(path, number, entry, asked[question])
            group = entry.get("group")
            units[question] = _group(group, own, path, number) if group else question.removesuffix(own.suffix)
    check_complete(gold, path, questions_path, asked)
    return gold, units


def check_complete(gold: Iterable[str], path: Readable, questions_path: Readable, asked: Mapping[str, Question]) -> None:
    """Raise `InputError` for the first question without gold."""
    known = set(gold)
    for question, own in asked.items():
        if question not in known:
            place = line_place(questions_path, own.line)
            raise InputError(f"{place}: {path} holds no answer to {question!r}; take the pair of one conversion")


def _gold(path: Readable, number: int, entry: dict[str, Any], asked: Question) -> Gold:
    get = entry.get
    accepted, options = get("accepted"), get("options") or asked.options
    accepted, options = (tuple(own) if isinstance(own, list) else own for own in (accepted, options))
    try:
        gold = _parsed_gold(get("source", NO_SOURCE), get("task", OWN), get("answer"), accepted, options)
    except TypeError:  # a list or an object where a string belongs
        gold = _NO_GOLD
    if isinstance(gold, str):
        raise InputError(f"{line_place(path, number)}: {gold}")
    return gold


def _group(group: Any, gold: Gold, path: Readable, number: int) -> str:
    if not isinstance(group, str):
        raise InputError(f"{line_place(path, number)}: the group {group!r} is no string")
    return f"{gold.source}\0{group}"


@lru_cache(maxsize=4096)  # most lines are like others, so that a line costs no more than this look-up
def _parsed_gold(source: Any, task: Any, answer: Any, accepted: Any, options: Any) -> Gold | str:
    """The gold, or what is wrong with it; lists come as tuples."""
    accepted = (answer,) if accepted is None else accepted
    if not isinstance(task, str) or (task != OWN and task not in TASKS):
        return f"unknown sub-task {task!r}; known: {', '.join(TASKS)}; leave 'task' out for questions of your own"
    lists = all(isinstance(own, tuple) and {*map(type, own)} <= {str} for own in (accepted, options))
    if not isinstance(answer, str) or not lists:
        return _NO_GOLD
    if not isinstance(source, str):
        return f"the source {source!r} is no string"
    if answer not in accepted:
        return f"the answer {answer!r} is not among the accepted {[*accepted]!r}"
    if task == OWN and not options:
        return "no options, here or with the question; give them, or score short answers without any by --general NAME"
    keys, labels = frozenset(map(normal, accepted)), {normal(option): option for option in options}
    kind = TASKS[task].kind if task in TASKS else "yes_no" if labels.keys() == _YES_NO.keys() else "closed"
    if kind == "open":
        return Gold(source, task, kind, answer, keys, (), f"/{task}")
    if kind == "yes_no":
        labels, options = _YES_NO, YES_NO
    if len(labels) < len(options):
        return f"two of the options {[*options]!r} are the same word"
    if not keys <= labels.keys():
        return f"{'the answer ' + repr(answer) if len(accepted) == 1 else 'an accepted answer'} is not among the options"
    return Gold(source, task, kind, labels[normal(answer)], keys, options, f"/{task}")
