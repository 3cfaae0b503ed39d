"""What training records teach, in numbers: from which sources, which labels, and whether answers give reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..schema.parsing import closing, conclusion, reasons
from ..schema.steps import read_steps
from ..schema.tasks import GUIDED, STEPS, find_task
from ..schema.types import LABELS
from ..sources import all_sources

# What is no data set of `emobench_data.sources`: what EmoBench renders, and records whose ids name no source.
MINI, OWN = "mini", "own"
# Answers are taken for labels of a sub-task where they are no more, and none has more words.
MOST_LABELS, MOST_WORDS = 100, 4


class Learned:
    """Counts over LLaVA training records, one after another; those of two parts can be added.

    EmoBench's ids name source and sub-task, such as `emoset/1234/emo_c`; of other ids both are `own`.
    """

    def __init__(self) -> None:
        self.records = self.explained = 0
        self.sources: Counter[str] = Counter()
        self.answers: dict[str, dict[str, set[str]]] = {}  # source -> sub-task -> what was answered, until that is too much
        self.reasoned: dict[str, str] = {}  # sub-task -> form

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        source, task = named(str(record.get("id", "")))
        self.records += 1
        self.sources[source] += 1
        answers = [turn["value"] for turn in record["conversations"] if turn.get("from") == "gpt"]
        self._keep(source, task, map(_label, answers))
        known = find_task(task)
        free = known is not None and known.type.family != LABELS  # whose answers may be sentences
        for answer in answers:
            if _explains(answer, free):
                self.explained += 1
                self._reasons(task, STEPS if read_steps(answer) else GUIDED)

    def update(self, counted: Mapping[str, Any]) -> None:
        """Add what `as_json` of another part gave."""
        self.records += counted["records"]
        self.explained += counted["explained"]
        self.sources.update(counted["sources"])
        for task, form in counted["reasoned"].items():
            self._reasons(task, form)
        for source, tasks in counted["answers"].items():
            for task, found in tasks.items():
                self._keep(source, task, found)

    def _reasons(self, task: str, form: str) -> None:
        """Where both forms stand, steps count: they are asked for by name."""
        if self.reasoned.get(task) != STEPS:
            self.reasoned[task] = form

    def as_json(self) -> dict[str, Any]:
        """All that was counted, for a file."""
        answers = {source: {task: sorted(found) for task, found in tasks.items()} for source, tasks in self.answers.items()}
        return {
            "records": self.records,
            "explained": self.explained,
            "sources": dict(self.sources),
            "answers": answers,
            "reasoned": self.reasoned,
        }

    def summary(self, data: str) -> dict[str, Any]:
        """What a checkpoint notes of its training.

        Args:
            data: the file's name.

        Returns:
            `data`, `records` (how many), `sources` (source -> how many), `labels` (source -> sub-task -> its labels, empty
            where answers are no labels), `reasons` (how many answers give some before they close, or are sentences) and
            `reasoned` (the sub-tasks whose answers give some -> the form that they are asked in).
        """
        labels = {
            source: {task: _labels(source, task, found) for task, found in tasks.items()}
            for source, tasks in self.answers.items()
        }
        return {
            "data": data,
            "records": self.records,
            "sources": dict(self.sources.most_common()),
            "labels": labels,
            "reasons": self.explained,
            "reasoned": self.reasoned,
        }

    def _keep(self, source: str, task: str, labels: Iterable[str]) -> None:
        found = self.answers.setdefault(source, {}).setdefault(task, set())
        most = max(MOST_LABELS, len(_own(source, task)))
        for label in labels:
            if len(found) <= most:  # one more than that is no set of labels, whatever else follows
                found.add(label)


def learned_from(records: Iterable[Mapping[str, Any]], data: str) -> dict[str, Any]:
    """`Learned.summary` of `records`, as LLaVA's training JSON holds them."""
    learned = Learned()
    for record in records:
        learned.add(record)
    return learned.summary(data)


def counted_before(counted: Mapping[str, Any], data: str) -> dict[str, Any]:
    """`Learned.summary` of records that were counted before, as `Learned.as_json` gave it."""
    learned = Learned()
    learned.update(counted)
    return learned.summary(data)


def named(key: str) -> tuple[str, str]:
    """Source and sub-task that a record's id names; `own` twice where it names none that is known."""
    source, task = key.partition("/")[0], key.rpartition("/")[2]
    return (source, task) if find_task(task) and (source == MINI or source in all_sources()) else (OWN, OWN)


def _label(answer: str) -> str:
    said = conclusion(answer) if "\n" in answer or ":" in answer else answer  # most are one word
    return said.strip().rstrip(".")


def _explains(answer: str, free: bool) -> bool:
    """Whether an answer gives reasons before it closes, or is a sentence where labels are asked for (not `free`)."""
    words = answer.count(" ") + answer.count("\n")
    if words < MOST_WORDS:
        return False
    return bool(closing(answer) and reasons(answer)) or (not free and len(_label(answer).split()) > 2 * MOST_WORDS)


def _own(source: str, task: str) -> tuple[str, ...]:
    return tuple(all_sources()[source].labels.get(task, ())) if source in all_sources() else ()


def _labels(source: str, task: str, found: set[str]) -> list[str]:
    own = _own(source, task)
    if own and found <= set(own):
        return list(own)
    known = find_task(task)
    if known and known.type.family != LABELS:
        return []  # numbers, sets or free words
    short = all(0 < len(each.split()) <= MOST_WORDS for each in found)
    return sorted(found) if short and len(found) <= MOST_LABELS else []
