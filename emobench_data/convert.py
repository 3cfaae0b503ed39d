"""Turn one data set on disk, or EmoBench-mini, into LLaVA's files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import orjson

from .atomic import atomic_files, remove_files
from .export import write_questions, write_training_json
from .locks import locked
from .media_check import Medium, check_all, media_cache, refuse
from .mini import check_size, is_rendered, render_mini
from .rationale.choose import choose
from .record_files import write_record_file
from .records import Record
from .sources import Skips, Source
from .splits import assign_splits, check_shares

TRAIN, RECORDS, SUMMARY = "train.json", "records.jsonl", "summary.json"
QUESTIONS = {"test": ("questions.jsonl", "gold.jsonl"), "val": ("val_questions.jsonl", "val_gold.jsonl")}
FILES = (TRAIN, RECORDS, *QUESTIONS["test"], *QUESTIONS["val"], SUMMARY)


@dataclass(frozen=True)
class Form:
    """How answers are trained and questions asked.

    Args:
        rationale, rationales: which records train with a rationale, and with which; see `rationale.choose`.
        guided: whether the questions ask for reasons first.
        keep: also write the training records themselves, for `python -m emobench_data rationale`.
    """

    rationale: str = "none"
    rationales: Mapping[str, str] | None = None
    guided: bool = False
    keep: bool = False


def convert(
    source: Source,
    root: Path,
    out: Path,
    *,
    test: float = 0.2,
    val: float = 0.0,
    seed: int = 0,
    check: bool = True,
    videos: str = "storyboards",
    form: Form = Form(),
) -> dict[str, Any]:
    """Write the training JSON, the questions with their gold, and a summary of `source` to `out`; return the summary.

    Media are referenced relative to `root` and not copied. A split without a record gets no file.

    Args:
        test, val, seed: for records without an official split, see `assign_splits`.
        check: open every medium first.
        videos: `storyboards` (a picture of four frames, written beside each clip under `root`) or `clips`.
        form: how answers are trained and questions asked.

    Raises:
        InputError: the data set is not there, gives no record or none for a split, or has a faulty medium. `out` is
            then as it was.
    """
    skips = Skips()
    read = list(source.records(root, skips))
    records = assign_splits(read, test=test, val=val, seed=seed)
    if not any(record.split for record in read):
        check_shares(source.title, records, test=test, val=val)
    if check:
        source.unpack(root)
        _check_media(records, root)
    summary = {
        "source": source.name,
        "title": source.title,
        "licence": source.licence,
        "citation": source.citation,
        "seed": seed,
        "test": test,
        "val": val,
        **summarise(records),
        "expected_items": dict(source.expected),
        "skipped": skips.summary(),
    }
    return write_all(records, out, summary, storyboards=root if videos == "storyboards" else None, form=form)


def _check_media(records: list[Record], root: Path) -> None:
    media = {record.media: Medium(root, record.media, record.modality) for record in records if record.media}
    with media_cache(None) as cache:
        faults, _ = check_all(media, cache)
    refuse(faults, len(media), root, way_out="get these files again")


def make_mini(
    out: Path, *, train: int, test: int, seed: int, videos: str = "storyboards", changes: bool = False,
    form: Form = Form(),
) -> dict[str, Any]:  # fmt: skip
    """Render EmoBench-mini to `out`/media and write LLaVA's files to `out`, their media relative to `out`/media.

    Args:
        videos: as in `convert`.
        changes: as in `render_mini`.

    Raises:
        InputError: see `render_mini`.
    """
    check_size(train=train, test=test)
    media = out / "media"
    with locked(out):
        if not is_rendered(media, train=train, test=test, seed=seed, changes=changes):
            remove_files(out, FILES)  # they would name media that are about to change
        records = render_mini(media, train=train, test=test, seed=seed, changes=changes)
        summary = {"source": "mini", "seed": seed, **summarise(records)}
        return write_all(records, out, summary, storyboards=media if videos == "storyboards" else None, form=form)


def write_all(
    records: list[Record], out: Path, summary: dict[str, Any], *, storyboards: Path | None, form: Form = Form()
) -> dict[str, Any]:
    """Write the files of every split that has records, the summary last; all or none. Return the summary."""
    splits = {split: [record for record in records if record.split == split] for split in ("train", "val", "test")}
    train, texts = choose(splits["train"], form.rationale, form.rationales)
    if form.rationale != "none":
        counts = {"trained": len(train), "with_rationale": len(texts)}
        summary = summary | {"rationale": {"mode": form.rationale, **counts}}
    with atomic_files(out, FILES) as folder:
        if train:
            write_training_json(train, folder / TRAIN, storyboards=storyboards, rationales=texts)
        if form.keep and splits["train"]:
            write_record_file(splits["train"], folder / RECORDS)
        for split, (questions, gold) in QUESTIONS.items():
            if splits[split]:
                paths = folder / questions, folder / gold
                write_questions(splits[split], *paths, storyboards=storyboards, guided=form.guided)
        (folder / SUMMARY).write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    return summary


def summarise(records: list[Record]) -> dict[str, Any]:
    """How many records there are, in all and by split, sub-task and answer."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (split, task, answer), n in sorted(Counter((r.split, r.task, r.answer) for r in records).items()):
        counts.setdefault(split, {}).setdefault(task, {})[answer] = n
    return {"records": len(records), "items": len({(r.source, r.item) for r in records}), "counts": counts}
