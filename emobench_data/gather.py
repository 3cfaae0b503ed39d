"""Read a composition's data sets into one list of records: split, drawn, and with media below the data root."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterable

from .composition import SPLITS, Composition, Part
from .errors import InputError
from .leakage import ORDER, find_leaks, record_entry
from .media_check import Medium
from .records import Record
from .sampling import sample
from .sources import Skips
from .splits import assign_splits, check_shares


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
    result = Gathered()
    missing = [part for part in composition.parts if not part.source.there(composition.data_root / part.folder)]
    result.absent = [part.source.name for part in missing]
    if missing and (composition.missing == "error" or len(missing) == len(composition.parts)):
        raise InputError(_missing(missing, composition))
    for part in composition.parts:
        if part.source.name not in result.absent:
            result.parts[part.source.name] = part
            result.records += _read(part, composition, result)
    return result


def _missing(missing: list[Part], composition: Composition) -> str:
    places = "; ".join(
        f"{part.source.name} ({composition.data_root / part.folder}: {part.source.obtain})" for part in missing
    )
    return (
        f"{len(missing)} of {len(composition.parts)} data sets are not there: {places}; get them, give their folder in "
        "the composition, or go without: 'missing: skip' there, or --skip-missing"
    )


def _read(part: Part, composition: Composition, result: Gathered) -> list[Record]:
    skips = Skips()
    official: set[bool] = set()

    def read() -> Iterable[Record]:
        for record in part.source.records(composition.data_root / part.folder, skips):
            official.add(bool(record.split))
            yield record

    split = assign_splits(read(), test=part.test, val=part.val, seed=composition.seed)
    if True not in official:
        check_shares(part.source.title, split, test=part.test, val=part.val)
    records = sample(split, part, composition.seed)
    result.sources[part.source.name] = {
        "read": len(split),
        "kept": len(records),
        "skipped": skips.summary(),
    }
    folder = "" if part.folder == "." else f"{part.folder}/"
    # Attributes serve rationales alone.
    dropped = {"attributes": {}} if composition.rationale == "none" else {}
    return [replace(record, **dropped, media=record.media and folder + record.media) for record in records]


def without_leaks(records: list[Record], digests: dict[str, str]) -> tuple[list[Record], dict[str, Any]]:
    """`records` without those of train and val that share something with a later split, and a summary of them.

    Args:
        digests: medium -> digest of its content, where it is known.
    """
    by_split = {split: [record for record in records if record.split == split] for split in ORDER}
    leaks = list(
        find_leaks({split: (record_entry(one, digests) for one in members) for split, members in by_split.items()})
    )
    gone = {leak.id for leak in leaks}
    counts = {
        f"{split}, {what}": sum(leak.split == split and leak.what == what for leak in leaks)
        for split in SPLITS
        for what in ("item", "medium", "text", "content")
    }
    summary = {"count": len(leaks), "by_kind": {key: n for key, n in counts.items() if n},
               "examples": [leak._asdict() for leak in leaks[:20]]}  # fmt: skip
    return ([record for record in records if record.id not in gone] if gone else records), summary


def media_of(gathered: Gathered, composition: Composition) -> dict[str, Medium]:
    """Every medium by its name below the data root. A data set may lie behind a link, its media may not lead out."""
    media: dict[str, Medium] = {}
    for record in gathered.records:
        if record.media and record.media not in media:
            folder = gathered.parts[record.source].folder
            name = record.media if folder == "." else record.media[len(folder) + 1 :]
            media[record.media] = Medium(composition.data_root / folder, name, record.modality)
    return media
