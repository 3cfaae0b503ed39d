"""Turn one data set on disk, or EmoBench-mini, into LLaVA's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..export.llava import QUESTIONS, TRAIN, write_questions, write_training_json
from ..io.atomic import atomic_files, remove_files, settle
from ..io.errors import InputError
from ..io.locks import locked
from ..media.check import MediaFile
from ..media.storyboard import storyboards
from ..mini import check_size, is_rendered, render_mini
from ..rationale.choose import asked_form, choose, trained_form
from ..rationale.steps import steps_of
from ..schema.record_files import write_record_file
from ..schema.records import SPLITS, Record
from ..schema.tasks import DIRECT, get_task
from ..sources import Skips, Source, get_source, warn_of_gaps
from .image_folder import MEDIA
from .preparation import Care, Place, Prepared, prepare
from .splits import assign_splits, check_answers, check_shares

RECORDS, SUMMARY = "records.jsonl", "summary.json"
FAULTY = 0.02  # a copy with more faulty media is the wrong folder, or cut off
FILES = (TRAIN, RECORDS, *QUESTIONS["test"], *QUESTIONS["val"], SUMMARY)


@dataclass(frozen=True)
class Form:
    """How answers are trained and questions asked.

    Args:
        rationale, rationales: which records train with a rationale, and with which; see `rationale.choose`.
        asks: how questions are asked, and records with a rationale: for reasons in sentences or in steps, if not directly.
        reasoned: the sub-tasks that this is for, None for all; the others are asked for the answer alone.
        keep: also write the training records themselves, for `python -m emobench_data rationale`.
    """

    rationale: str = "none"
    rationales: Mapping[str, str] | None = None
    asks: str = DIRECT
    reasoned: tuple[str, ...] | None = None
    keep: bool = False

    def of(self, record: Record) -> str:
        """How `record` is asked."""
        return asked_form(record, self.asks, self.reasoned)


def convert(
    source: Source | str,
    root: Path | str,
    out: Path | str,
    *,
    test: float = 0.2,
    val: float = 0.0,
    seed: int = 0,
    check: bool = True,
    videos: str = "storyboards",
    form: Form = Form(),
    faulty: float = FAULTY,
    near_duplicates: str = "drop",
    tasks: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """Write the training JSON, the questions with their gold, and a summary of `source` to `out`; return the summary.

    Media are not copied but named relative to `root`; where pictures have to be made (of clips, or out of an annotation),
    all media are named from `out`/media. `root` is only read. Records of train and val that leak are left out and counted.
    A split without a record gets no file.

    Args:
        source: a data set, or its name.
        test, val, seed: for records without an official split, see `assign_splits`.
        check: open every medium first, and compare the contents of media across splits; it goes on where it was stopped.
        videos: `storyboards` (a picture of four frames) or `clips`.
        form: how answers are trained and questions asked.
        faulty: the share of media that may be missing or broken; their records are left out and counted.
        near_duplicates: `drop` training pictures that are nearly the same as one that is asked about, or `keep` them.
        tasks: those of the data set's sub-tasks that are written, None for those that are usual (`Source.usual`).

    Raises:
        InputError: it has no such sub-task; the data set is not there, gives no record or none for a split, has one answer
            only to a Yes/No sub-task in a split, or more faulty media than may be left out. Files in `out` are then as they
            were.
    """
    source = get_source(source) if isinstance(source, str) else source
    if unknown := [task for task in tasks or () if task not in source.tasks]:
        raise InputError(f"{source.title} has no sub-task {unknown[0]!r}; it has {', '.join(source.tasks)}")
    root, out = Path(root), Path(out)
    skips = Skips()
    tasks = tasks or source.usual
    read = list(source.records(root, skips, tasks))
    incomplete = warn_of_gaps(source, read, tasks)
    records = assign_splits(read, test=test, val=val, seed=seed)
    if not any(record.split for record in read):
        check_shares(source.title, records, test=test, val=val)
    care = Care(
        check=check,
        videos=videos,
        faulty=faulty,
        near=near_duplicates == "drop",
        way_out=f"--faulty-media {faulty:g} lets no such share be left out; get these files again, or name the right folder",
    )
    with locked(out):
        prepared = prepare(records, [Place(source=source, root=root)], root, out, care)
        check_answers(prepared.records, {source.name: skips.summary()})
        summary = {
            "source": source.name,
            "title": source.title,
            "licence": source.licence,
            "citation": source.citation,
            "seed": seed,
            "test": test,
            "val": val,
            **summarise(prepared.records),
            "expected_items": dict(source.expected),
            "incomplete": incomplete,
            "skipped": skips.summary(),
            "left_out": prepared.left_out,
            **_folder(prepared, out),
        }
        return write_all(prepared.records, out, summary, videos, form)


def _folder(prepared: Prepared, out: Path) -> dict[str, Any]:
    """`image_folder`: `media`, which is relative to the summary, or empty for the data set's own; and whether it is linked."""
    return {"image_folder": MEDIA if prepared.image_folder == out / MEDIA else "", "linked": prepared.linked}


def make_mini(
    out: Path,
    *,
    train: int,
    test: int,
    seed: int,
    videos: str = "storyboards",
    changes: bool = False,
    form: Form = Form(),
) -> dict[str, Any]:
    """Render EmoBench-mini to `out`/media and write LLaVA's files to `out`, their media relative to `out`/media.

    Args:
        videos: as in `convert`.
        changes: as in `render_mini`.

    Raises:
        InputError: see `render_mini`.
    """
    check_size(train=train, test=test)
    media = out / MEDIA
    with locked(out):
        if not is_rendered(media, train=train, test=test, seed=seed, changes=changes):
            settle(out, FILES)
            remove_files(out, FILES)  # they would name media that are about to change
        records = render_mini(media, train=train, test=test, seed=seed, changes=changes)
        if videos == "storyboards":
            clips = (one.path for record in records for one in record.media if one.kind == "video")
            storyboards({name: MediaFile(media, name, "video") for name in clips}, media)
        summary = {"source": "mini", "seed": seed, **summarise(records), "image_folder": MEDIA, "linked": False}
        return write_all(records, out, summary, videos, form)


def write_all(records: list[Record], out: Path, summary: dict[str, Any], videos: str, form: Form) -> dict[str, Any]:
    """Write the files of every split that has records, the summary last; all or none. Return the summary."""
    boards = videos == "storyboards"
    splits = {split: [record for record in records if record.split == split] for split in SPLITS}
    train, texts = choose(splits["train"], form.rationale, form.rationales, form=form.asks, reasoned=form.reasoned)
    if form.rationale != "none":
        counts = {"trained": len(train), "with_rationale": len(texts)}
        summary = summary | {"rationale": {"mode": form.rationale, **counts}}
    with atomic_files(out, FILES) as folder:
        if train:
            write_training_json(train, folder / TRAIN, storyboards=boards, rationales=texts, form=trained_form(form.asks))
        if form.keep and splits["train"]:
            write_record_file(splits["train"], folder / RECORDS)
        for split, (questions, gold) in QUESTIONS.items():
            if splits[split]:
                paths = folder / questions, folder / gold
                write_questions(splits[split], *paths, storyboards=boards, form=form.of, steps=steps_of)
        (folder / SUMMARY).write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    return summary


def summarise(records: list[Record]) -> dict[str, Any]:
    """How many records there are, in all and by split, sub-task and answer."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    answers = Counter((r.split, r.task, get_task(r.task).type.stratum(r.answer)) for r in records)
    for (split, task, answer), n in sorted(answers.items()):
        counts.setdefault(split, {}).setdefault(task, {})[answer] = n
    return {"records": len(records), "items": len({(r.source, r.item) for r in records}), "counts": counts}
