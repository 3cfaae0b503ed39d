"""Build the benchmark that a composition describes: every file that training and evaluation need, in one go."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from . import datacard
from .atomic import atomic_files
from .composition import Composition
from .errors import InputError
from .exporters.records import RECORD_FILES, write_records
from .gather import Gathered, gather, media_of, without_leaks
from .leakage import worth_hashing
from .media_check import MediaCache, Medium, check_all, digests, media_cache, refuse
from .outputs import Outputs
from .records import Record
from .statistics import Statistics, count_items
from .storyboard import storyboard

CHECKSUMS, CARD, MANIFEST = "SHA256SUMS", "README.md", "build.json"
FIGURES = ("figures/labels.png", "figures/lengths.png", "figures/durations.png")
FILES = (*RECORD_FILES, *FIGURES, CARD, CHECKSUMS, MANIFEST)
MEDIA_CACHE = ".media-checked.jsonl"


def build(composition: Composition, out: Path, *, check: bool = False, figures: bool = True) -> dict[str, Any]:
    """Write the benchmark to `out`, all files or none, `build.json` last; return what `build.json` holds.

    The same data sets and composition give the same bytes. Records of train and val that leak are left out and counted.

    Args:
        check: open every medium first, and compare the contents of media across splits; it goes on where it
            was stopped.
        figures: draw the figures of the data card, which needs matplotlib.

    Raises:
        InputError: a data set is missing or cannot be read, nothing is left, a medium is faulty (unless the
            composition skips those), or a library that is needed is not installed. `out` is then as it was.
    """
    if figures:
        from . import figures as drawing  # fails now rather than in the end
    gathered = gather(composition)
    left_out: dict[str, Any] = {}
    gathered.records, left_out["leaks"] = without_leaks(gathered.records, {})
    seconds = _media(gathered, composition, left_out, out / MEDIA_CACHE if check else None)
    if not gathered.records:
        raise InputError("no record is left to be written; loosen the composition's caps, weights and sub-tasks")
    with atomic_files(out, FILES) as folder:
        with Outputs(folder) as outputs:
            statistics = Statistics(seconds)
            trained = write_records(gathered, composition, outputs, statistics)
        drawn = drawing.draw(statistics, folder) if figures else []
        manifest = _manifest(composition, gathered, statistics)
        manifest |= {"left_out": left_out, "figures": drawn, "training": trained}
        (folder / CARD).write_text(datacard.card(manifest), "utf-8")
        sums = outputs.sums | outputs.of(CARD, *FIGURES)
        (folder / CHECKSUMS).write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)), "utf-8")
        manifest["sha256"] = dict(sorted(sums.items()))
        (folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
    return manifest


def _media(
    gathered: Gathered, composition: Composition, left_out: dict[str, Any], cache_file: Path | None
) -> dict[str, float]:
    """Check, compare and prepare media as far as that is asked for; return the seconds of clips."""
    media = media_of(gathered, composition) if cache_file or composition.videos == "storyboards" else {}
    faults: dict[str, str] = {}
    seconds: dict[str, float] = {}
    if cache_file:
        for part in gathered.parts.values():
            part.source.unpack(composition.data_root / part.folder)
        with media_cache(cache_file) as cache:
            faults, seconds = check_all(media, cache)
            found = _contents(gathered.records, media, cache)
        gathered.records, content = without_leaks(gathered.records, found)
        left_out["content_leaks"] = content
    if composition.videos == "storyboards":
        clips = {name: one for name, one in media.items() if one.modality == "video" and name not in faults}
        faults |= _storyboards(clips)
    if composition.faulty == "error":
        refuse(
            faults, len(media), composition.data_root,
            way_out="get these files again, or write 'faulty: skip' into the composition to go without",
        )  # fmt: skip
    gathered.records = [record for record in gathered.records if record.media not in faults]
    left_out["faulty_media"] = {"count": len(faults), "examples": dict(sorted(faults.items())[:20])}
    return seconds


def _contents(records: list[Record], media: dict[str, Medium], cache: MediaCache) -> dict[str, str]:
    """Medium -> digest, for the media that one of another split may equal."""
    splits: dict[str, set[str]] = {}
    for record in records:
        if record.media:
            splits.setdefault(str(media[record.media].path), set()).add(record.split)
    found = digests(map(Path, worth_hashing(splits)), cache)
    return {name: found[medium.path] for name, medium in media.items() if medium.path in found}


def _storyboards(clips: dict[str, Medium]) -> dict[str, str]:
    """Write a picture of frames beside each clip that has none; return the faults by name."""
    from tqdm import tqdm

    faults = {}
    for name, clip in tqdm(clips.items(), desc="storyboards", unit="clip", disable=None):
        try:
            storyboard(clip.root, clip.name)
        except InputError as error:
            faults[name] = str(error).removeprefix(f"{clip.path}: ")
    return faults


def _manifest(composition: Composition, gathered: Gathered, statistics: Statistics) -> dict[str, Any]:
    return {
        "version": _version(),
        "config": composition.as_config(),
        "absent": gathered.absent,
        "read": gathered.sources,
        "items": count_items(gathered.records),
        **statistics.summary(),
    }


def _version() -> str:
    try:
        return version("emollm-llava")
    except PackageNotFoundError:
        return "not installed"
