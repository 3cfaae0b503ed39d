"""Score a model's answers: strict, deterministic, and over every question that was asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

from .errors import InputError
from .llava_files import line_place, read_lines
from .parsing import LabelSet, normal
from .tasks import TASKS, YES_NO

UNPARSED, AMBIGUOUS, MISSING = "(unparsed)", "(ambiguous)", "(missing)"
_NO_LABEL = (UNPARSED, AMBIGUOUS, MISSING)


@dataclass(frozen=True, slots=True)
class Gold:
    """The answer to one question. `accepted` holds labels in their normal form."""

    task: str
    answer: str
    accepted: frozenset[str]
    options: tuple[str, ...]


def score(questions_path: Path, gold_path: Path, predictions_path: Path) -> dict[str, Any]:
    """Compare the `text` of each line in `predictions_path` with the gold.

    The question file is the denominator: a question without an answer is wrong, and named in `missing_ids`. An answer
    is right if it names one label (see `parsing`) and that is an accepted one. In an open-set sub-task the labels are
    all that any of its gold accepts, and an answer that names several accepted words of its question is right too.

    Returns:
        `overall` (mean of the sub-tasks' accuracies), `tasks` (name -> figures, see `_figures`) and `missing_ids`.

    Raises:
        InputError: a file is missing, empty or has a line that is not valid; a question id occurs twice, is unknown, or
            has no gold. The message names the file and the line.
    """
    asked = _read_asked(questions_path)
    gold = _read_gold(gold_path, questions_path, asked)
    predictions = _read_predictions(predictions_path, asked)
    rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    reader = _Reader(dict.fromkeys(gold.values()))
    for question in asked:
        rows[gold[question].task].append(reader.read(gold[question], predictions.get(question)))
    tasks = {task: _figures(task, rows[task]) for task in TASKS if task in rows}
    return {
        "overall": sum(figures["accuracy"] for figures in tasks.values()) / len(tasks),
        "tasks": tasks,
        "missing_ids": [question for question in asked if question not in predictions],
    }


class _Reader:
    """Turns an answer into a pair (gold label, predicted label), both as they are counted."""

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

    def read(self, gold: Gold, answer: str | None) -> tuple[str, str]:
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


def _figures(task: str, rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The figures of one sub-task from its (gold, predicted) pairs.

    `majority` is the accuracy of always giving the most frequent answer of this gold. `macro_f1` is the mean F1 over
    every label that is in the gold or was predicted, `balanced_accuracy` the mean recall over the gold's labels.
    """
    cells = Counter(rows)
    truths: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for (truth, guess), n in cells.items():
        truths[truth] += n
        predicted[guess] += n
        if truth == guess:
            right[truth] += n
    f1 = {
        label: 2 * right[label] / (truths[label] + predicted[label])
        for label in sorted({*truths, *predicted} - {*_NO_LABEL})
    }
    figures: dict[str, Any] = {
        "accuracy": right.total() / len(rows),
        "macro_f1": sum(f1.values()) / len(f1),
        "balanced_accuracy": sum(right[label] / n for label, n in sorted(truths.items())) / len(truths),
        "majority": max(truths.values()) / len(rows),
        "n": len(rows),
        "unparsed": predicted[UNPARSED],
        "ambiguous": predicted[AMBIGUOUS],
        "missing": predicted[MISSING],
    }
    if TASKS[task].kind == "yes_no":
        figures |= {"f1_yes": f1.get("Yes", 0.0), "yes_rate": predicted["Yes"] / len(rows)}
    figures["confusion"] = {
        truth: {guess: n for (own, guess), n in sorted(cells.items()) if own == truth} for truth in sorted(truths)
    }
    return figures


@lru_cache(maxsize=4096)
def _parsed_gold(task: str, answer: str, accepted: tuple[str, ...], options: tuple[str, ...]) -> Gold:
    return Gold(task, answer, frozenset(map(normal, accepted)), options)


def _gold(place: str, entry: dict[str, Any]) -> Gold:
    task, answer = entry.get("task"), entry.get("answer")
    accepted, options = entry.get("accepted", [answer]), entry.get("options", [])
    lists = all(
        isinstance(part, list) and all(isinstance(label, str) for label in part) for part in (accepted, options)
    )
    if not (isinstance(task, str) and task in TASKS and isinstance(answer, str) and lists and answer in accepted):
        raise InputError(f"{place}: not a gold answer; it needs a known task, and an answer that is among the accepted")
    if TASKS[task].kind == "closed" and answer not in options:
        raise InputError(f"{place}: the answer {answer!r} is not among the options")
    return _parsed_gold(task, answer, tuple(accepted), tuple(options))


def _read_asked(path: Path) -> dict[str, int]:
    asked = {question: number for question, number, _ in read_entries(path)}
    if not asked:
        raise InputError(f"{path}: holds no question; write it again")
    return asked


def _read_gold(path: Path, questions_path: Path, asked: dict[str, int]) -> dict[str, Gold]:
    gold = {
        question: _gold(line_place(path, number), entry)
        for question, number, entry in read_entries(path)
        if question in asked
    }
    for question, number in asked.items():
        if question not in gold:
            place = line_place(questions_path, number)
            raise InputError(f"{place}: {path} holds no answer to {question!r}; take the pair of one conversion")
    return gold


def _read_predictions(path: Path, asked: dict[str, int]) -> dict[str, str]:
    predictions = {}
    for question, number, entry in read_entries(path):
        place = line_place(path, number)
        if question not in asked:
            raise InputError(
                f"{place}: question {question!r} is not in the question file; score answers with their own"
            )
        if not isinstance(entry.get("text"), str):
            raise InputError(f"{place}: no string under 'text'; expected the answer file of LLaVA's eval scripts")
        predictions[question] = entry["text"]
    return predictions


def read_entries(path: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Question id, line number and object of each line of a question or answer file; blank lines are passed over.

    Raises:
        InputError: the file cannot be read, or a line is no object with a question id of its own.
    """
    seen: dict[str, int] = {}
    for number, entry in read_lines(path):
        question = entry.get("question_id")
        if isinstance(question, bool) or not isinstance(question, (str, int)):
            raise InputError(f"{line_place(path, number)}: no question_id, which must be a string or a whole number")
        question = str(question)
        if seen.setdefault(question, number) != number:
            place = line_place(path, number)
            raise InputError(f"{place}: question {question!r} occurs twice, first in line {seen[question]}; keep one")
        yield question, number, entry
