"""What validation reports: faults with their record, in words, and their counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..io.llava_files import Rows

# Kind -> what the summary calls it.
KINDS = {
    "schema": "records of another form",
    "id": "ids that are missing or occur twice",
    "placeholder": "placeholders that do not fit the media",
    "media": "media that are missing, broken or outside the folder",
    "answer": "empty answers",
    "label": "answers that are none of the options",
    "leak": "records that the questions ask about",
    "context": "records too long for the context",
}
_QUOTED = 80


class Fault(NamedTuple):
    """One fault: its kind (see `KINDS`), the record's number, counted from 1, its id as a quotation, and the words."""

    kind: str
    record: int
    id: str
    message: str


@dataclass(frozen=True)
class Report:
    """All faults of a file with `records` records, in the order of the records."""

    file: Path | Rows
    records: int
    faults: tuple[Fault, ...]

    @property
    def summary(self) -> dict[str, int]:
        """Kind -> number of faults, without kinds that have none."""
        counts = Counter(fault.kind for fault in self.faults)
        return {kind: counts[kind] for kind in KINDS if counts[kind]}

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "file": str(self.file),
            "records": self.records,
            "summary": self.summary,
            "faults": [fault._asdict() for fault in self.faults],
        }

    def lines(self) -> list[str]:
        """The report for people: a line for each fault, and one for each kind."""
        lines = [f"{self.file}, record {fault.record} (id {fault.id}): {fault.message}" for fault in self.faults]
        if not self.faults:
            return [f"{self.file}: no fault in {self.records:,} records"]
        touched = len({fault.record for fault in self.faults})
        faults = "1 fault" if len(self.faults) == 1 else f"{len(self.faults):,} faults"
        lines.append(f"{self.file}: {faults} in {touched:,} of {self.records:,} records")
        return lines + [f"  {n:,} {kind}: {KINDS[kind]}" for kind, n in self.summary.items()]


def quote(value: object) -> str:
    """`value`, of a foreign file, short and without anything that a terminal would act on."""
    text = repr(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."
