"""Which records train and which are asked about, for a data set and seed; what they look like to the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

from emobench_data.building.splits import assign_splits
from emobench_data.export.llava import answer_entry, question_entry, show, shown_as, training_entry
from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import readable
from emobench_data.media.check import MediaFile
from emobench_data.media.storyboard import storyboards
from emobench_data.mini import render_mini
from emobench_data.rationale.choose import asked_form, choose, trained_form
from emobench_data.rationale.steps import steps_of
from emobench_data.schema.questions import Question, read_questions
from emobench_data.schema.records import Record
from emobench_data.schema.tasks import DIRECT, STEPS
from emobench_data.sources import Skips, get_source

from .arms import REASONED, TEXT, Arm, Training

FOLDERS = {"mustard": "mustard", "mintrec": "mintrec", "mini": None, "oasis": "oasis_pixabay"}
MINI = (720, 144)


@dataclass(frozen=True)
class Cell:
    """What one training sees and what it is then asked; `root` is the folder that pictures lie in, None for text."""

    train: list[Record]
    test: list[Record]
    root: Path | None


class Item(NamedTuple):
    """A record as it trains: its picture's path, empty for text, prompt, and answer with its reasons."""

    id: str
    image: str
    text: str
    answer: str
    options: tuple[str, ...] = ()


class Asked(NamedTuple):
    """Questions with the lines of their question and gold files."""

    questions: list[Question]
    lines: list[dict]
    gold: list[dict]


def make_cell(data: str, root: Path, cache: Path, seed: int, test: int | None = None) -> Cell:
    """The records of one training, the same for all arms; of real data, `test` records to ask about, drawn once.

    MUStARD keeps its authors' speaker-independent split, MIntRec is asked about its development part, and both are the same
    for every seed; OASIS is split by theme and EmoBench-mini rendered by the seed.

    Raises:
        InputError: the data set is not there.
    """
    if data == "mini":
        place = cache / f"mini-{'-'.join(map(str, MINI))}-{seed}"
        records = render_mini(place, train=MINI[0], test=MINI[1], seed=seed)
        clips = [one.path for record in records for one in record.media if one.kind == "video"]
        storyboards({clip: MediaFile(place, clip, "video") for clip in clips}, place)
        return _cell(records, "test", place)
    place = root / FOLDERS[data]
    if not place.is_dir():
        raise InputError(f"data set {data}: no folder {place}; give the folder that holds it with --data-root")
    records = list(get_source(data).records(place, Skips()))
    if data in TEXT:
        records = [replace(record, media=()) for record in records]
        return _few(_cell(records, "val" if data == "mintrec" else "test", None), test)
    return _few(_cell(assign_splits(records, seed=seed), "test", place), test)


def trained(cell: Cell, data: str, training: Training) -> list[Item]:
    """The training records, of which some have reasons."""
    kept, texts = choose(cell.train, training.rationale, form=training.form, reasoned=REASONED.get(data))
    form = trained_form(training.form)
    return [_item(record, texts.get(record.id, ""), form) for record in kept]


def asked(cell: Cell, data: str, arm: Arm) -> Asked:
    """The questions of an arm."""
    forms = {record.id: asked_form(record, arm.form, REASONED.get(data)) for record in cell.test}
    shown = [show(record, shown_as(record, True), training=False, form=forms[record.id]) for record in cell.test]
    lines = [question_entry(each) for each in shown]
    gold = [answer_entry(each.record, steps_of(each.record) if each.form == STEPS else ()) for each in shown]
    return Asked(read_questions(readable(lines, "questions")), lines, gold)


def pictures(cell: Cell) -> list[str]:
    """The pictures of all records; none of texts."""
    return sorted({one.path for record in (*cell.train, *cell.test) for one in shown_as(record, True)})


def _cell(records: Iterable[Record], asked: str, root: Path | None) -> Cell:
    parts = {split: [record for record in records if record.split == split] for split in ("train", asked)}
    return Cell(parts["train"], parts[asked], root)


def _few(cell: Cell, count: int | None) -> Cell:
    ids = sorted(record.id for record in cell.test)
    drawn = set(Random(0).sample(ids, min(count or len(ids), len(ids))))
    return replace(cell, test=[record for record in cell.test if record.id in drawn])


def _item(record: Record, reasons: str, form: str) -> Item:
    media = shown_as(record, True)
    shown = show(record, media, training=True, form=form if reasons else DIRECT)
    answer = training_entry(shown, reasons)["conversations"][1]["value"]
    return Item(record.id, media[0].path if media else "", shown.prompt, answer)
