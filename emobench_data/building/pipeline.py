"""The way from a plan to files, of one data set or twenty: records that may be written, and then written as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..io.errors import InputError
from ..io.locks import locked
from .composition import Composition
from .gather import Gathered
from .preparation import Care, Place, Prepared, prepare
from .splits import check_answers

T = TypeVar("T")


def run(
    gathered: Gathered,
    composition: Composition,
    out: Path,
    write: Callable[[Prepared], T],
    *,
    check: bool,
    unpack: bool,
    way_out: str,
) -> T:
    """What `write` returns, which is called while `out` is held, and when the records of `gathered` are those to write.

    Args:
        check, unpack, way_out: see `preparation.Care`.

    Raises:
        InputError: nothing is left, all answers of a split to a Yes/No sub-task are the same, or more media are faulty than
            the composition lets be left out.
    """
    places = [
        Place(source=part.source, root=composition.data_root / part.folder, folder=part.folder)
        for part in gathered.parts.values()
    ]
    care = Care(
        check=check,
        unpack=unpack,
        way_out=way_out,
        videos=composition.videos,
        faulty=composition.faulty,
        near=composition.near_duplicates == "drop",
    )
    with locked(out):
        prepared = prepare(gathered.records, places, composition.data_root, out, care)
        gathered.records = prepared.records
        if not gathered.records:
            raise InputError("no record is left to be written; get the media, or loosen caps, weights and sub-tasks")
        check_answers(gathered.records, {name: read["skipped"] for name, read in gathered.sources.items()})
        return write(prepared)
