"""Turn one data set on disk, or EmoBench-mini, into LLaVA's files: a build of one, without the files of other tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..export.llava import QUESTIONS, TRAIN
from ..io.atomic import atomic_files, check_ours, remove_files, settle
from ..io.errors import InputError
from ..io.locks import locked
from ..io.outputs import Outputs
from ..media.check import MediaFile
from ..media.storyboard import storyboards
from ..mini import check_size, is_rendered, render_mini
from ..schema.records import Record
from ..schema.tasks import DIRECT, get_task
from ..sources import Source, get_source
from . import datacard
from .composition import Composition, Part
from .gather import Gathered, read_parts
from .image_folder import MEDIA
from .manifest import folder_of, manifest
from .pipeline import run
from .preparation import Prepared
from .record_exports import RECORDS, write_records
from .statistics import Statistics

SUMMARY, CARD = "summary.json", "DATACARD.md"  # a README may be the user's own
_SIGN = rb'\{\n  "source": "'  # how a summary begins that was written here
FAULTY = 0.02  # a copy with more faulty media is the wrong folder, or cut off
FILES = (TRAIN, RECORDS, *QUESTIONS["test"], *QUESTIONS["val"], CARD, SUMMARY)


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

    def composition(self, **others: Any) -> Composition:
        """The plan of data that are read and written in their own order."""
        return Composition(
            shuffle=None,
            rationale=self.rationale,
            rationales=self.rationales,
            form=self.asks,
            reasoned=self.reasoned,
            **others,
        )


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
    fold: int | None = None,
    hold_out: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Write the training JSON, the questions with their gold, a data card and a summary of `source`; return the summary.

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
        fold, hold_out: which groups, such as speakers, are tested on where there is no official split, see `splits.Held`.

    Raises:
        InputError: it has no such sub-task; the data set is not there, gives no record or none for a split, has one answer
            only to a Yes/No sub-task in a split, or more faulty media than may be left out. Files in `out` are then as they
            were.
    """
    source = get_source(source) if isinstance(source, str) else source
    if unknown := [task for task in tasks or () if task not in source.tasks]:
        raise InputError(f"{source.title} has no sub-task {unknown[0]!r}; it has {', '.join(source.tasks)}")
    root, out = Path(root), Path(out)
    part = Part(
        source=source,
        folder=".",
        tasks=tasks or source.usual,
        cap={},
        test=test,
        val=val,
        fold=fold,
        hold_out=hold_out,
    )
    composition = form.composition(
        data_root=root, seed=seed, faulty=faulty, near_duplicates=near_duplicates, videos=videos, parts=(part,)
    )
    gathered = read_parts(composition, [part], attributes=True)

    def write(prepared: Prepared) -> dict[str, Any]:
        read = gathered.sources[source.name]
        summary = {
            "source": source.name,
            "title": source.title,
            "licence": source.licence,
            "citation": source.citation,
            "seed": seed,
            "test": test,
            "val": val,
            **({"fold": fold} if fold is not None else {"hold_out": list(hold_out)} if hold_out else {}),
            **summarise(gathered.records),
            "expected_items": dict(source.expected),
            "incomplete": read["incomplete"],
            "skipped": read["skipped"],
            "left_out": prepared.left_out,
            **folder_of(prepared, out),
        }
        return _write(gathered, prepared, composition, out, summary, form)

    refused = f"--faulty-media {faulty:g} lets no such share be left out; get these files again, or name the right folder"
    return run(gathered, composition, out, write, check=check, unpack=True, way_out=refused)


def make_mini(
    out: Path,
    *,
    train: int,
    test: int,
    seed: int,
    videos: str = "storyboards",
    plan: str = "six",
    form: Form = Form(),
) -> dict[str, Any]:
    """Render EmoBench-mini to `out`/media and write LLaVA's files to `out`, their media relative to `out`/media.

    Args:
        videos: as in `convert`.
        plan: as in `render_mini`; of `sound`, clips are clips, for a picture of their frames says nothing.

    Raises:
        InputError: see `render_mini`; `out` holds files of somebody's.
    """
    check_size(train=train, test=test)
    media = out / MEDIA
    with locked(out):
        check_ours(out / SUMMARY, _SIGN)
        if not is_rendered(media, train=train, test=test, seed=seed, plan=plan):
            settle(out, FILES)
            remove_files(out, FILES)  # they would name media that are about to change
        records = render_mini(media, train=train, test=test, seed=seed, plan=plan)
        videos = "clips" if plan == "sound" else videos
        if videos == "storyboards":
            clips = (one.path for record in records for one in record.media if one.kind == "video")
            storyboards({name: MediaFile(media, name, "video") for name in clips}, media)
        summary = {"source": "mini", "seed": seed, **summarise(records), "image_folder": MEDIA, "linked": False}
        composition = form.composition(data_root=media, seed=seed, videos=videos, parts=())
        return _write(Gathered(records), Prepared(records, media), composition, out, summary, form)


def _write(
    gathered: Gathered, prepared: Prepared, composition: Composition, out: Path, summary: dict[str, Any], form: Form
) -> dict[str, Any]:
    """Write the files of every split that has records, the summary last; all or none. Return the summary."""
    check_ours(out / SUMMARY, _SIGN)
    with atomic_files(out, FILES) as folder:
        statistics = Statistics(prepared.seconds)
        with Outputs(folder) as outputs:
            trained = write_records(gathered, composition, outputs, statistics, tables=False, keep=form.keep)
        if form.rationale != "none":
            summary = summary | {"rationale": {"mode": form.rationale, **trained}}
        for part in gathered.parts.values():  # EmoBench-mini has none
            made = manifest(gathered, prepared, composition, out, statistics, trained)
            (folder / CARD).write_text(datacard.card_of_one(made, part.source), "utf-8")
        (folder / SUMMARY).write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    return summary


def summarise(records: list[Record]) -> dict[str, Any]:
    """How many records there are, in all and by split, sub-task and answer."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    answers = Counter((r.split, r.task, get_task(r.task).type.stratum(r.answer)) for r in records)
    for (split, task, answer), n in sorted(answers.items()):
        counts.setdefault(split, {}).setdefault(task, {})[answer] = n
    return {"records": len(records), "items": len({(r.source, r.item) for r in records}), "counts": counts}
