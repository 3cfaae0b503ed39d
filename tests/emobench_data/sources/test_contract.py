"""What every data set's file must do, checked on the tiny copy that its own test builds with `build(root)`."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from importlib import import_module

import pytest
from PIL import Image

from emobench_data.building.convert import Form, make_mini
from emobench_data.export.llava import question_entry, show
from emobench_data.schema.records import Record
from emobench_data.schema.tasks import FORMS, get_task, known_tasks
from emobench_data.sources import Skips, get_source

from ..make import with_other_gold, write_picture
from .contract import NAMES, check, every_source
from .helpers import convert, jsonl, put


@every_source
def test_facts(name):
    source = get_source(name)
    assert source.name == name and name == name.lower()
    for fact in (source.title, source.licence, source.citation, source.obtain, source.homepage):
        assert fact.strip() == fact and fact and "\n" not in fact
    assert source.homepage.startswith("http") and re.search(r"\b(19|20)\d\d\.$", source.citation)
    assert source.tasks and set(source.tasks) <= set(known_tasks()) and source.markers
    assert set(source.labels) == {task for task in source.tasks if get_task(task).type.takes_options}
    assert set(source.expected) <= {"train", "val", "test", ""} and all(n > 0 for n in source.expected.values())
    assert source.hateful or "hate" not in source.tasks


@every_source
def test_labels_are_words_that_an_answer_can_be_matched_to(name):
    for task, labels in get_source(name).labels.items():
        if not labels or get_task(task).type.name == "ordinal":
            continue  # of ordered classes, words may stand within others
        assert len({label.lower() for label in labels}) == len(labels) > 1
        for label in labels:
            assert label == label.strip().lower() and not set(",;:\n\"'") & set(label)
        for one, other in itertools.permutations(labels, 2):
            assert not re.search(rf"\b{re.escape(one)}\b", other), f"{one!r} stands in {other!r}"


@every_source
def test_a_good_copy(name, copy):
    records, _ = convert(name, copy)
    check(name, records)
    source = get_source(name)
    assert {record.task for record in records} == set(source.tasks)
    assert convert(name, copy)[0] == records
    if "emo_o" in source.tasks:
        closed, opened = ([r.item for r in records if r.task == task] for task in ("emo_c", "emo_o"))
        assert closed == opened


@every_source
def test_the_gold_of_a_record_does_not_reach_its_question(name, copy):
    for record in convert(name, copy)[0]:
        pair = record, with_other_gold(record)
        for form in FORMS:
            own, other = (show(one, one.media, training=False, form=form) for one in pair)
            assert question_entry(own) == question_entry(other)


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """A made-up copy of every data set that has one, in a folder each, with pictures where those tell them apart."""
    top = tmp_path_factory.mktemp("copies")
    for name in NAMES:
        import_module(f"{__package__}.test_{name}").build(top / name)
    for path in (top / "caer_s").rglob("*.[pP][nN][gG]"):
        Image.new("RGB", (712, 400)).save(path, "PNG")
    for path in ("train/angry/1.png", "test/sad/1.png"):
        write_picture(top / "faces" / path, size=(48, 48))
    return top


@every_source
def test_no_other_folder_is_taken_for_it(name, copies):
    """Many call their files train.json or labels.csv; the folder above is no copy either."""
    source = get_source(name)
    found = {path.name for path in copies.iterdir() if source.found(path)}
    assert found == {name} | ({"faces"} if name == "fer2013" else set())
    assert not source.found(copies)


def test_what_was_converted_is_no_data_set(tmp_path):
    make_mini(tmp_path, train=6, test=6, seed=0, form=Form(keep=True))
    put(tmp_path, "train.jsonl", jsonl({"query": "What is it?", "response": "A dog.", "videos": ["a.mp4"]}))
    put(tmp_path, "labels.csv", "image,label\na.jpg,1\n")
    assert [name for name in NAMES if get_source(name).found(tmp_path)] == []


@every_source
def test_gaps(name, copy):
    source = replace(get_source(name), expected={"train": 10**9, "test": 1, "": 10**9})
    records, _ = convert(name, copy)
    items = {split: len({one.item for one in records if one.split == split}) for split in ("train", "test")}
    found = source.gaps(records)
    assert f"train: {items['train']} of 1,000,000,000 items that a complete copy has" in found
    assert any(gap.startswith(f"all: {len({one.item for one in records})} of ") for gap in found)
    tests = {0: "test: 0 of 1 items that a complete copy has", 1: None}
    wanted = tests.get(items["test"], f"test: {items['test']} items, and a complete copy has 1")
    assert (wanted in found) if wanted else not any(gap.startswith("test") for gap in found)


@every_source
def test_reading_is_lazy(name, copy):
    assert isinstance(next(iter(get_source(name).records(copy, Skips()))), Record)
