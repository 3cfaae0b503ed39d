"""Read a composition's data sets into one list of records: split, drawn, and with media below the data root."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from ..schema.tasks import STEPS
from ..sources import Skips, warn_of_gaps
from .composition import Composition, Part
from .sampling import sample
from .splits import Held, assign_splits, check_shares


@dataclass
class Gathered:
    """What the data sets gave.

    Args:
        records: in the composition's order, media with their data set's folder in front.
        parts: the parts that are there, by data set.
        sources: data set -> what was left out of it, for the card.
        absent: the data sets that are not there.
    """

    records: list[Record] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def gather(composition: Composition) -> Gathered:
    """Read every data set of `composition`.

    Raises:
        InputError: data sets are not there (all are named) and the composition does not skip them, one cannot be read,
            or a share of 0 < test, val < 1 gives a split no record.
    """
    missing = [part for part in composition.parts if not part.source.there(composition.data_root / part.folder)]
    if missing and (composition.missing == "error" or len(missing) == len(composition.parts)):
        raise InputError(_missing(missing, composition))
    result = read_parts(composition, [part for part in composition.parts if part not in missing])
    result.absent = [part.source.name for part in missing]
    return result


def read_parts(composition: Composition, parts: Iterable[Part], *, attributes: bool = False) -> Gathered:
    """Read `parts`, which are there.

    Args:
        attributes: keep the annotation that serves rationales and steps alone where neither is asked for.

    Raises:
        InputError: as `gather`.
    """
    result = Gathered()
    for part in parts:
        result.parts[part.source.name] = part
        result.records += _read(part, composition, result, attributes)
    return result


def _missing(missing: list[Part], composition: Composition) -> str:
    places = "; ".join(f"{part.source.name} ({composition.data_root / part.folder}: {part.source.obtain})" for part in missing)
    return (
        f"{len(missing)} of {len(composition.parts)} data sets are not there: {places}; get them, give their folder in "
        "the composition, or go without: 'missing: skip' there, or --skip-missing"
    )


def _read(part: Part, composition: Composition, result: Gathered, attributes: bool) -> list[Record]:
    skips = Skips()
    read = list(part.source.records(composition.data_root / part.folder, skips, part.tasks))
    held = Held(part.fold, part.hold_out)
    split = assign_splits(read, test=part.test, val=part.val, seed=composition.seed, held=held)
    if not any(record.split for record in read):
        check_shares(part.source.title, split, test=part.test, val=part.val)
    records = sample(split, part, composition.seed)
    result.sources[part.source.name] = {
        "read": len(split),
        "kept": len(records),
        "skipped": skips.summary(),
        "incomplete": warn_of_gaps(part.source, read, part.tasks),
    }
    folder = "" if part.folder == "." else f"{part.folder}/"
    kept = attributes or composition.rationale != "none" or composition.form == STEPS
    if kept and not folder:
        return records
    return [
        replace(
            record,
            attributes=record.attributes if kept else {},
            media=tuple(Medium(one.kind, folder + one.path) for one in record.media),
        )
        for record in records
    ]
