"""Read what is right; malformed input is an error with file and line.

A line of a gold file is a JSON object with

- `question_id`: that of a question in the question file;
- `answer`: the right one;
- `options`: what may be answered, where that is a choice; the question's own are taken where the gold has none;
- `references`: all that count as right, the answer among them; default: the answer alone; `accepted` in files of before;
- `task`: one of the six sub-tasks, or another one that is installed. Without it, a question is one of your own: it has options,
  is read as a closed set (or, where these are Yes and No, as such) and stands in a sub-task of its own, `own`, which never
  enters the overall of the six;
- `type`: how a question of your own is read, where that is neither: a task type by name, see `emobench_data.schema.types`;
- `source`: the data set, for figures by source;
- `group`: what questions of one source have in common that hang together, such as a dialogue or a person; intervals take them
  as one.

So `{"question_id": 1, "answer": "joy", "options": ["joy", "fear"]}` is enough. Short answers without options are another kind
of gold, see `general`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..io.errors import InputError
from ..io.llava_files import Readable, line_place, read_entries
from ..schema.items import Gold
from ..schema.parsing import normal
from ..schema.questions import Question
from ..schema.task_type import TaskType
from ..schema.tasks import YES_NO, find_task, known_tasks
from ..schema.types import get_type, label_fault

NO_SOURCE = "(unnamed)"
OWN = "own"  # the sub-task of questions that are none of the six
_YES_NO = {*map(normal, YES_NO)}


def task_title(task: str) -> str:
    """The sub-task's name where people read it."""
    known = find_task(task)
    return known.title if known else "Own questions"


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
    names = get("source", NO_SOURCE), get("task", OWN), get("type")
    parts = get("answer"), get("references", get("accepted")), get("options") or asked.options
    try:
        gold = _parsed_gold(*names, *[tuple(one) if isinstance(one, list) else one for one in parts])
    except TypeError:
        gold = _gold_of_lists(names, parts)
    if isinstance(gold, str):
        raise InputError(f"{line_place(path, number)}: {gold}")
    return gold


def _gold_of_lists(names: tuple[Any, ...], parts: tuple[Any, ...]) -> Gold | str:
    """As `_parsed_gold` of what holds lists in lists, or a list or an object where a string belongs."""
    try:
        return _parsed_gold(*names, *map(_frozen, parts))
    except TypeError:
        return str(label_fault(None, (), ()))


def _frozen(value: Any) -> Any:
    """A list of JSON, and those in it, as tuples."""
    if not isinstance(value, list):
        return value
    return tuple(map(_frozen, value)) if list in map(type, value) else tuple(value)


def _group(group: Any, gold: Gold, path: Readable, number: int) -> str:
    if not isinstance(group, str):
        raise InputError(f"{line_place(path, number)}: the group {group!r} is no string")
    return f"{gold.source}\0{group}"


@lru_cache(maxsize=4096, typed=True)  # most lines are like others, so that a line costs no more than this look-up
def _parsed_gold(source: Any, task: Any, named: Any, answer: Any, references: Any, options: Any) -> Gold | str:
    """The gold, or what is wrong with it; lists come as tuples."""
    references = (answer,) if references is None else references
    if not isinstance(source, str):
        return f"the source {source!r} is no string"
    try:
        kind = _type_of(task, named, answer, references, options)
    except InputError as error:
        return str(error)
    if isinstance(kind, str):
        return kind
    key = kind.key(answer, references, options)
    return key if isinstance(key, str) else Gold(source, task, kind, *key, f"/{task}")


def _type_of(task: Any, named: Any, answer: Any, references: Any, options: Any) -> TaskType | str:
    """The type of a line's question, or what is wrong with the line."""
    known = find_task(task) if isinstance(task, str) else None
    if known:
        return known.type
    if task != OWN:
        listed = ", ".join(known_tasks())
        return f"unknown sub-task {task!r}; known: {listed}; leave 'task' out for questions of your own"
    if named is not None:
        return get_type(named) if isinstance(named, str) else f"the type {named!r} is no string"
    if fault := label_fault(answer, references, options):
        return fault
    if not options:
        return "no options, here or with the question; give them, or score short answers without any by --general NAME"
    return get_type("yes_no" if {*map(normal, options)} == _YES_NO else "closed")
