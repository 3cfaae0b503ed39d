"""The data sets EmoBench is built from: one file each, one interface, found by themselves."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from ..io.errors import InputError
from ..io.registry import Registry
from ..schema.records import SPLITS, Record
from ..schema.tasks import TASKS

logger = logging.getLogger(__name__)

EXAMPLES_KEPT = 20


class Skips:
    """What a conversion left out, and why: counts by reason, and the first few places of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, place: str, reason: str) -> None:
        """Count one row left out; `place` is a file and record, `reason` a fixed phrase without the row's values."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES_KEPT:
            examples.append("".join(char if char.isprintable() else "?" for char in place))

    def summary(self) -> dict[str, dict[str, object]]:
        """Reason -> its count and examples, for a manifest."""
        return {reason: {"count": n, "examples": self.examples[reason]} for reason, n in sorted(self.counts.items())}


_NAMED = 4  # of the files that tell a data set, where none is there


@dataclass(frozen=True, kw_only=True)
class Source:
    """One data set.

    Args:
        name: key in files and on the command line, lower case; also the module's name.
        title, homepage, licence, citation: what the data card prints; `citation` is authors, venue and year.
        obtain: one line that says how to get the data.
        tasks: the sub-tasks it serves.
        labels: sub-task -> label set in the data set's own order; empty for open and Yes/No sub-tasks.
        expected: split -> number of items that a complete copy gives, where known.
        parts: what the items of a part begin with, which people may have or not -> how many a complete one has.
        markers: files or folders (globs) relative to the root of which one must exist for the data to be "there".
        own: whether what the markers found is this data set's, where others have files of these names; None if none has.
        read: `read(root, skips)` yields records in a fixed order; rows it cannot use go to `skips`, a file it
            cannot use raises `InputError`. It opens no media.
        chooses: whether `read` takes the sub-tasks that are wanted as a third argument and makes no others, where that costs.
        hateful: whether it holds hateful content, so that the data card can warn.
        rule: how a multi-label item meets the accuracy metric, or empty.
        extract: `extract(root, into)` writes the media that this copy keeps inside its annotation below `into`, as the
            records name them, and returns whether it keeps them there; it resumes where it was stopped. None where media
            are always files.
    """

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    obtain: str
    tasks: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    markers: tuple[str, ...]
    read: Callable[..., Iterator[Record]]
    chooses: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    hateful: bool = False
    rule: str = ""
    extract: Callable[[Path, Path], bool] | None = None
    own: Callable[[Path], bool] | None = None

    def there(self, root: Path) -> bool:
        """Whether `root` has the files to read, where somebody says that it is this data set."""
        return any(next(root.glob(marker), None) is not None for marker in self.markers)

    def found(self, root: Path) -> bool:
        """Whether `root` holds this data set and no other one whose files are called alike."""
        return self.there(root) and (self.own is None or self.own(root))

    def gaps(self, records: Iterable[Record]) -> list[str]:
        """Where a copy, as it was read, has other numbers of items than a complete one; empty if nowhere."""
        items = {record.item: record.split for record in records} if self.expected or self.parts else {}
        sizes = Counter(items.values())
        found = [(split or "all", sizes[split] if split else len(items), whole) for split, whole in self.expected.items()]
        for start, whole in self.parts.items():
            own = sum(item.startswith(start) for item in items)
            found += [(start, own, whole)] if own else []
        gaps = []
        for name, own, whole in found:
            if own < whole:
                gaps.append(f"{name}: {own:,} of {whole:,} items that a complete copy has")
            elif own > whole:
                gaps.append(f"{name}: {own:,} items, and a complete copy has {whole:,}")
        return gaps

    def unpack(self, root: Path, into: Path) -> bool:
        """Write the media that `root` keeps inside its annotation below `into`; whether it keeps them there."""
        return self.extract is not None and self.extract(root, into)

    @property
    def usual(self) -> tuple[str, ...]:
        """The sub-tasks that are taken where nobody says which: those of the six, or all where none of these is."""
        return tuple(task for task in self.tasks if task in TASKS) or self.tasks

    def records(self, root: Path, skips: Skips, tasks: Sequence[str] | None = None) -> Iterator[Record]:
        """Read the copy under `root`; of two records with one id the first is kept, of two splits that of the later split.

        Args:
            tasks: the sub-tasks whose records are wanted, None for all.

        Raises:
            InputError: the data set is not there, a file of it cannot be used, or not one record comes out.
        """
        if not self.there(root):
            more = f" and {len(self.markers) - _NAMED} more" if len(self.markers) > _NAMED else ""
            names = ", ".join(self.markers[:_NAMED])
            raise InputError(f"{self.title}: none of {names}{more} under {root}; {self.obtain}")
        found: dict[tuple[str, str], Record] = {}
        order = ("", *SPLITS)
        for record in self._read(root, skips, self.tasks if tasks is None else tasks):
            if tasks is not None and record.task not in tasks:
                continue
            first = found.setdefault((record.task, record.item), record)
            if first.split != record.split:
                skips.add(record.id, "the same item again, in another split; the later split has it")
                if order.index(record.split) > order.index(first.split):
                    found[record.task, record.item] = record
            elif first is not record:
                skips.add(record.id, "the same item again")
        yield from found.values()
        if not found:
            why = "; ".join(f"{n} x {reason}" for reason, n in skips.counts.most_common(3)) or "its files list no item"
            raise InputError(f"{self.title}: nothing usable under {root} ({why}); {self.obtain}")

    def _read(self, root: Path, skips: Skips, tasks: Sequence[str]) -> Iterator[Record]:
        """`read`, whose errors name the copy, too, where they name a file and a row alone."""
        try:
            yield from self.read(root, skips, tasks) if self.chooses else self.read(root, skips)
        except InputError as error:
            if str(root) in str(error):
                raise
            raise InputError(f"{self.title} in {root}: {error}") from error


def warn_of_gaps(source: Source, records: Iterable[Record], tasks: Sequence[str]) -> list[str]:
    """`Source.gaps`, also as a warning; none where `tasks` leave out sub-tasks that have items of their own."""
    every = set(source.tasks) <= set(tasks) or set(source.usual) <= set(TASKS)
    gaps = source.gaps(records) if every else []
    if gaps:
        logger.warning("%s: %s", source.title, "; ".join(gaps))
    return gaps


SOURCES: Registry[Source] = Registry("data set", "emobench_data.sources", Source)


@cache
def all_sources() -> dict[str, Source]:
    """Every source by name: each module here defines one `SOURCE`, and other packages add theirs by entry points."""
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            SOURCES.add(module.name, import_module(f"{__name__}.{module.name}").SOURCE)
    return {name: SOURCES.get(name) for name in SOURCES}


def get_source(name: str) -> Source:
    """The source called `name`; raises `InputError` with the known names."""
    return all_sources().get(name) or SOURCES.get(name)
