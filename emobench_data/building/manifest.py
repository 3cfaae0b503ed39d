"""What a build holds, as its manifest says it: the composition, what was read and left out, counts."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .composition import Composition
from .gather import Gathered
from .image_folder import MEDIA
from .preparation import Prepared
from .statistics import Statistics, count_items


def manifest(
    gathered: Gathered, prepared: Prepared, composition: Composition, out: Path, statistics: Statistics, trained: dict[str, int]
) -> dict[str, Any]:
    """Everything but the figures that were drawn and the checksums.

    Args:
        trained: what `write_records` returned.
    """
    return {
        "version": _version(),
        "config": composition.as_config(),
        "absent": gathered.absent,
        "read": gathered.sources,
        "items": count_items(gathered.records),
        **statistics.summary(),
        "left_out": prepared.left_out,
        "training": trained,
        "figures": [],
        **folder_of(prepared, out),
    }


def folder_of(prepared: Prepared, out: Path) -> dict[str, Any]:
    """`image_folder`: `media`, which is relative to `out`, or empty for the data sets' own; and whether it is linked."""
    return {"image_folder": MEDIA if prepared.image_folder == out / MEDIA else "", "linked": prepared.linked}


def _version() -> str:
    try:
        return version("emollm-llava")
    except PackageNotFoundError:
        return "not installed"
