"""The one record type from which every EmoBench file is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..io.errors import InputError
from .medium import Medium, path_fault
from .tasks import find_task, known_tasks

__all__ = ["SPLITS", "Medium", "Record", "path_fault"]

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Record:
    """One question about an item, with its answer.

    Args:
        source: name of the data set, as in `emobench_data.sources`.
        item: the data set's own id of the item, always a string (tweet ids do not fit a float).
        task: one of the six sub-tasks in `emobench_data.schema.tasks`, or another one that is registered.
        media: what is asked about, in the order in which it is shown; empty where that is `text` alone.
        answer: what is trained, of the form that the task's type has: a label, `Yes` or `No` for the Yes/No sub-tasks.
        references: all that counts as right, `answer` among them; defaults to `(answer,)`.
        options: the label set in its own order for closed-set questions, else empty.
        text: what belongs to the item and must be read (tweet, meme text, dialogue), ready to stand in a prompt.
        split: `train`, `val`, `test`, or empty where the data set has none and one is assigned later.
        group: records of one group never stand in two splits (theme, show, dialogue); empty for a group of its own.
        attributes: annotation that a rationale may be made from, such as EmoSet's `brightness`.

    Raises:
        InputError: a field is missing, unknown, or contradicts another one; the message names the record.
    """

    source: str
    item: str
    task: str
    media: tuple[Medium, ...]
    answer: Any
    references: tuple[Any, ...] = ()
    options: tuple[str, ...] = ()
    text: str = ""
    split: str = ""
    group: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.references:
            object.__setattr__(self, "references", (self.answer,))
        fault = self._fault()
        if fault:
            raise InputError(" ".join(f"record {self.source}/{self.item} ({self.task}): {fault}".split()))

    @property
    def id(self) -> str:
        """Unique over all sources and sub-tasks."""
        return f"{self.source}/{self.item}/{self.task}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its media."""
        return tuple([one.path for one in self.media])  # a list is faster, and this is asked a million times a build

    def _fault(self) -> str | None:
        if not self.source or not isinstance(self.item, str) or not self.item.strip():
            return "source and item must be non-empty strings"
        task = find_task(self.task) if isinstance(self.task, str) else None
        if task is None:
            return f"unknown sub-task; known: {', '.join(known_tasks())}"
        if self.split and self.split not in SPLITS:
            return f"unknown split {self.split!r}; known: {', '.join(SPLITS)}"
        return self._media_fault() or task.type.answer_fault(self.answer, self.references, self.options)

    def _media_fault(self) -> str | None:
        if not isinstance(self.media, tuple):
            return f"media {self.media!r} is no tuple of Medium"
        if not self.media and not self.text.strip():
            return "a text-only record needs a text"
        for one in self.media:  # a loop, for 300,000 records are checked twice
            fault = one.fault() if isinstance(one, Medium) else f"media {self.media!r} is no tuple of Medium"
            if fault:
                return fault
        return None
