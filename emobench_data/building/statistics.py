"""What a build counts for its manifest, its data card and its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..export.llava import Shown
from ..schema.records import SPLITS, Record
from ..schema.tasks import get_task, in_order


class Statistics:
    """Counts over every question that is written; a training record that is repeated counts each time.

    Args:
        seconds: medium -> length of the clip or sound, where it was measured.
    """

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self.labels: Counter[tuple[str, str, str, str]] = Counter()  # split, source, sub-task, answer
        self.words: Counter[tuple[str, int]] = Counter()  # sub-task, words of the prompt
        self.seconds: Counter[tuple[str, int]] = Counter()  # source, whole seconds
        self._lengths = seconds
        self._measured: set[str] = set()

    def add(self, shown: Shown) -> None:
        record = shown.record
        answer = get_task(record.task).type.stratum(record.answer)
        self.labels[record.split, record.source, record.task, answer] += 1
        self.words[record.task, len(shown.prompt.split())] += 1
        for path in record.paths if self._lengths else ():
            if path in self._lengths and path not in self._measured:
                self._measured.add(path)
                self.seconds[record.source, round(self._lengths[path])] += 1

    def summary(self) -> dict[str, Any]:
        """Counts by source and split, and by sub-task, label and split; the words of prompts by sub-task."""
        by_source: dict[str, Counter[str]] = {}
        by_label: dict[str, dict[str, Counter[str]]] = {}
        for (split, source, task, answer), n in sorted(self.labels.items()):
            by_source.setdefault(source, Counter())[split] += n
            by_label.setdefault(task, {}).setdefault(answer, Counter())[split] += n
        return {
            "records": {split: sum(n for key, n in self.labels.items() if key[0] == split) for split in SPLITS},
            "sources": {name: _by_split(counts) for name, counts in by_source.items()},
            "tasks": {
                task: {label: _by_split(by_label[task][label]) for label in _shown_first(task, by_label[task])}
                for task in in_order(by_label)
            },
            "words": {task: _spread(self.words, task) for task in in_order(by_label)},
        }


def _shown_first(task: str, labels: dict[str, Counter[str]]) -> list[str]:
    return get_task(task).type.stratum_order({label: counts.total() for label, counts in labels.items()})


def _by_split(counts: Mapping[str, int]) -> dict[str, int]:
    return {split: counts.get(split, 0) for split in SPLITS}


def _spread(words: Counter[tuple[str, int]], task: str) -> dict[str, int]:
    """Median, 95 % and largest number of words."""
    own = sorted((n, count) for (name, n), count in words.items() if name == task)
    total = sum(count for _, count in own)
    return {"median": _quantile(own, 0.5 * total), "p95": _quantile(own, 0.95 * total), "most": own[-1][0]}


def _quantile(counts: list[tuple[int, int]], wanted: float) -> int:
    passed = 0
    for value, count in counts:
        passed += count
        if passed >= wanted:
            return value
    return counts[-1][0]


def count_items(records: Iterable[Record]) -> dict[str, dict[str, int]]:
    """Source -> split -> number of items; an item may serve several sub-tasks."""
    items: dict[tuple[str, str], set[str]] = {}
    for record in records:
        items.setdefault((record.source, record.split), set()).add(record.item)
    return {
        source: {split: len(items.get((source, split), ())) for split in SPLITS}
        for source in dict.fromkeys(source for source, _ in items)
    }
