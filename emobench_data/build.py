"""Build the benchmark that a composition describes: every file that training and evaluation need, in one go."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random
from typing import Any

import orjson

from . import datacard
from .atomic import atomic_files
from .composition import SPLITS, Composition
from .convert import QUESTIONS, TRAIN
from .errors import InputError
from .export import answer_entry, question_entry, show, training_entry
from .exporters import table, vlmevalkit
from .gather import Gathered, gather, media_of, without_leaks
from .leakage import worth_hashing
from .media_check import MediaCache, Medium, check_all, digests, media_cache, refuse
from .outputs import Outputs
from .records import Record
from .sampling import repeated
from .statistics import Statistics, count_items
from .storyboard import SUFFIX, storyboard
from .tasks import TASKS

SPLIT_MANIFEST, CHECKSUMS, CARD, MANIFEST = "splits.jsonl", "SHA256SUMS", "README.md", "build.json"
FIGURES = ("figures/labels.png", "figures/lengths.png", "figures/durations.png")
FILES = (
    TRAIN, *QUESTIONS["test"], *QUESTIONS["val"], SPLIT_MANIFEST, *table.SPLIT_FILES.values(),
    *table.TASK_FILES.values(), *vlmevalkit.TASK_FILES.values(), *FIGURES, CARD, CHECKSUMS, MANIFEST,
)  # fmt: skip
MEDIA_CACHE = ".media-checked.jsonl"


def build(composition: Composition, out: Path, *, check: bool = False, figures: bool = True) -> dict[str, Any]:
    """Write the benchmark to `out`, all files or none, `build.json` last; return what `build.json` holds.

    The same data sets and composition give the same bytes. Records of train and val that leak are left out and counted.

    Args:
        check: open every medium first, and compare the contents of media across splits. It goes on where it was stopped.
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
            _write(gathered, composition, outputs, statistics)
        drawn = drawing.draw(statistics, folder) if figures else []
        manifest = _manifest(composition, gathered, statistics) | {"left_out": left_out, "figures": drawn}
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
        with media_cache(cache_file) as cache:
            faults, seconds = check_all(media, cache)
            found = _contents(gathered.records, media, cache)
        gathered.records, content = without_leaks(gathered.records, found)
        left_out["content_leaks"] = content
    if composition.videos == "storyboards":
        clips = {name: one for name, one in media.items() if one.modality == "video" and name not in faults}
        faults |= _storyboards(clips)
    if composition.faulty == "error":
        refuse(faults, len(media), composition.data_root)
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


def _shown(record: Record, composition: Composition, *, training: bool) -> Any:
    key, media = record.modality, record.media
    if key == "video" and composition.videos == "storyboards":
        key, media = "image", media + SUFFIX
    return show(record, "" if key == "text" else key, media, training=training)


def _write(gathered: Gathered, composition: Composition, outputs: Outputs, statistics: Statistics) -> None:
    """All exports of records, each record's text made once."""
    by_split = {split: [one for one in gathered.records if one.split == split] for split in SPLITS}
    for record in gathered.records:
        entry = {"id": record.id, "split": record.split, "group": record.group}
        outputs.line(SPLIT_MANIFEST, entry)
    for split in QUESTIONS:
        _write_questions(by_split[split], split, composition, gathered, outputs, statistics)
    train = by_split["train"]
    for name, part in gathered.parts.items():
        if part.weight > 1:
            own = [record for record in by_split["train"] if record.source == name]
            train = [*train, *repeated(own, part, composition.seed)]
    order = list(range(len(train)))
    Random(composition.shuffle).shuffle(order)
    for number, index in enumerate(order):
        shown = _shown(train[index], composition, training=True)
        statistics.add(shown)
        outputs.write(TRAIN, b",\n" if number else b"[\n")
        outputs.write(TRAIN, orjson.dumps(training_entry(shown)))
        outputs.line(table.SPLIT_FILES["train"], table.row(shown))
    if train:
        outputs.write(TRAIN, b"\n]\n")


def _write_questions(
    records: list[Record], split: str, composition: Composition, gathered: Gathered, outputs: Outputs,
    statistics: Statistics,
) -> None:  # fmt: skip
    questions, gold = QUESTIONS[split]
    largest = {
        task: min(26, max((len(part.source.labels.get(task, ())) for part in gathered.parts.values()), default=0))
        for task in TASKS
    }
    lines = dict.fromkeys(TASKS, 0)
    for record in records:
        shown = _shown(record, composition, training=False)
        statistics.add(shown)
        row = table.row(shown)
        outputs.line(questions, question_entry(shown))
        outputs.line(gold, answer_entry(record))
        outputs.line(table.SPLIT_FILES[split], row)
        if split == "test":
            task = record.task
            outputs.line(table.TASK_FILES[task], row)
            if shown.key == "image":
                if not lines[task]:
                    outputs.write(vlmevalkit.TASK_FILES[task], vlmevalkit.header(task, largest[task]))
                outputs.write(vlmevalkit.TASK_FILES[task], vlmevalkit.line(shown, lines[task], largest[task]))
                lines[task] += 1


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
