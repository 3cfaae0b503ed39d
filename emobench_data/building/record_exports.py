"""All files that hold records, written in one pass: LLaVA's, the split manifest, and those of other tools."""

from __future__ import annotations

from random import Random

import orjson

from ..export import table, vlmevalkit
from ..export.llava import QUESTIONS, TRAIN, Shown, answer_entry, neutral, question_entry, show, shown_as, training_entry
from ..io.outputs import Outputs
from ..rationale.choose import asked_form, choose, trained_form
from ..rationale.steps import steps_of
from ..schema.record_files import record_line
from ..schema.records import SPLITS, Record
from ..schema.tasks import DIRECT, STEPS, known_tasks
from .composition import Composition
from .gather import Gathered
from .sampling import repeated
from .statistics import Statistics

SPLIT_MANIFEST = "splits.jsonl"


RECORDS = "records.jsonl"


def record_files() -> tuple[str, ...]:
    """The names of all files that hold records."""
    questions = (*QUESTIONS["test"], *QUESTIONS["val"])
    return TRAIN, *questions, SPLIT_MANIFEST, *table.SPLIT_FILES.values(), *map(vlmevalkit.task_file, known_tasks())


def write_records(
    gathered: Gathered,
    composition: Composition,
    outputs: Outputs,
    statistics: Statistics,
    *,
    tables: bool = True,
    keep: bool = False,
) -> dict[str, int]:
    """Write every export; return how many records train, and how many of them with a rationale.

    Args:
        tables: whether to write what other tools than LLaVA read, and the split manifest.
        keep: also write the training records themselves, for `python -m emobench_data rationale`.
    """
    by_split = {split: [one for one in gathered.records if one.split == split] for split in SPLITS}
    for record in gathered.records if tables else ():
        entry = {"id": neutral(record.id), "split": record.split, "group": neutral(record.group)}
        outputs.line(SPLIT_MANIFEST, entry)
    for split in QUESTIONS:
        _write_questions(by_split[split], split, composition, gathered, outputs, statistics, tables)
    for record in by_split["train"] if keep else ():
        outputs.write(RECORDS, record_line(record))
    return _write_training(by_split["train"], composition, gathered, outputs, statistics, tables)


def _write_training(
    records: list[Record],
    composition: Composition,
    gathered: Gathered,
    outputs: Outputs,
    statistics: Statistics,
    tables: bool,
) -> dict[str, int]:
    originals: dict[str, str] = {}  # id of a copy -> id
    train = list(records)
    for name, part in gathered.parts.items():
        if part.weight > 1:
            copies = repeated((record for record in records if record.source == name), part, composition.seed)
            originals |= {copy.id: one.id for copy, one in copies}
            train += (copy for copy, _ in copies)
    if composition.shuffle is not None:
        Random(composition.shuffle).shuffle(train)
    known = _known(train, originals, composition)
    train, texts = choose(train, composition.rationale, known, form=composition.form, reasoned=composition.reasoned)
    for number, record in enumerate(train):
        reasons = texts.get(record.id, "")
        shown = _shown(record, composition, training=True, form=trained_form(composition.form) if reasons else DIRECT)
        statistics.add(shown)
        outputs.write(TRAIN, b",\n" if number else b"[\n")
        outputs.write(TRAIN, orjson.dumps(training_entry(shown, reasons)))
        if tables:
            outputs.line(table.SPLIT_FILES["train"], table.row(_direct(shown, composition, training=True)))
    if train:
        outputs.write(TRAIN, b"\n]\n")
    return {"trained": len(train), "with_rationale": len(texts)}


def _known(train: list[Record], originals: dict[str, str], composition: Composition) -> dict[str, str] | None:
    """The given rationales by the ids of `train`, whose copies learn what their originals learn."""
    given = composition.rationales
    return None if given is None else {one.id: given.get(originals.get(one.id, one.id), "") for one in train}


def _write_questions(
    records: list[Record],
    split: str,
    composition: Composition,
    gathered: Gathered,
    outputs: Outputs,
    statistics: Statistics,
    tables: bool,
) -> None:
    questions, gold = QUESTIONS[split]
    files = {task: vlmevalkit.task_file(task) for task in known_tasks()}
    # Of a source's labels, so that a file's columns are the same whatever part of it is asked; or of a record, beyond these.
    sets = [part.source.labels for part in gathered.parts.values()]
    largest = {task: max((len(labels.get(task, ())) for labels in sets), default=0) for task in files}
    for record in records:
        largest[record.task] = max(largest[record.task], len(vlmevalkit.choices(record)))
    lines = dict.fromkeys(files, 0)
    for record in records:
        form = asked_form(record, composition.form, composition.reasoned)
        shown = _shown(record, composition, training=False, form=form)
        statistics.add(shown)
        outputs.line(questions, question_entry(shown))
        outputs.line(gold, answer_entry(record, steps_of(record) if form == STEPS else ()))
        if not tables:
            continue
        direct = _direct(shown, composition, training=False)
        outputs.line(table.SPLIT_FILES[split], table.row(direct))
        task = record.task
        if split == "test" and vlmevalkit.takes(shown):
            if not lines[task]:
                outputs.write(files[task], vlmevalkit.header(task, largest[task]))
            outputs.write(files[task], vlmevalkit.line(direct, lines[task], largest[task]))
            lines[task] += 1


def _direct(shown: Shown, composition: Composition, *, training: bool) -> Shown:
    """Other tools' scorers take the whole answer, so that they ask for nothing else."""
    return _shown(shown.record, composition, training=training, form=DIRECT) if shown.form != DIRECT else shown


def _shown(record: Record, composition: Composition, *, training: bool, form: str) -> Shown:
    media = shown_as(record, composition.videos == "storyboards")
    return show(record, media, training=training, form=form)
