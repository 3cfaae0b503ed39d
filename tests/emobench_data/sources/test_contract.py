"""What every data set's file must do, checked on the tiny copy that its own test builds with `build(root)`."""

from __future__ import annotations

import itertools
import re
import shutil
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from emobench_data.building.convert import Form, make_mini
from emobench_data.export.llava import question_entry, show
from emobench_data.io.errors import InputError
from emobench_data.rationale.rules import by_rule
from emobench_data.schema.records import Record
from emobench_data.schema.tasks import FORMS, get_task, known_tasks, question
from emobench_data.sources import Skips, all_sources, get_source

from ..make import with_other_gold, write_picture
from . import mutate
from .helpers import convert, jsonl, put

NAMES = sorted(all_sources())
MEDIA = {".jpg", ".jpeg", ".png", ".mp4", ".wav"}
every_source = pytest.mark.parametrize("name", NAMES)
damaging = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def copy(name, tmp_path) -> Path:
    module = import_module(f"{__package__}.test_{name}")
    if not hasattr(module, "build"):
        pytest.skip(f"test_{name}.py has no build()")
    module.build(tmp_path)
    return tmp_path


def annotation(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix.lower() not in MEDIA)


def usable(name: str, root: Path) -> list[Record]:
    """Convert, admitting `InputError` only, and check what comes out."""
    skips, records = Skips(), []
    try:
        records.extend(get_source(name).records(root, skips))
    except InputError as error:
        assert "\n" not in str(error)
    check(name, records)
    for reason, places in skips.examples.items():
        assert len(places) <= 20 and reason.isprintable()
        orjson.dumps(places)
    return records


def check(name: str, records: list[Record]) -> None:
    source = get_source(name)
    for record in records:
        labels = source.labels.get(record.task, ())
        assert record.source == name and record.task in source.tasks
        # Where a data set lists none, each record has options of its own.
        assert record.options == labels or (record.task in source.labels and not labels and len(record.options) > 1)
        if get_task(record.task).type.name in ("closed", "open"):
            allowed = record.options or source.labels.get("emo_c") or source.labels["intent"]
            assert list(record.references) == [label for label in allowed if label in record.references]
        assert "\n" not in record.item and "<image>" not in question(record, training=True)
        assert "\n" not in by_rule(record)
        orjson.dumps(asdict(record))
    assert len({record.id for record in records}) == len(records)
    split_of: dict[str, str] = {}
    assert all(split_of.setdefault(record.item, record.split) == record.split for record in records)


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


# Source -> a file of its made-up copy, a label there that is a number, and one that the data set does not have.
NUMBERED = {
    "dfew": ("EmoLabel_DataSplit/train(single-labeled)/set_1.csv", b"2,1", b"2,0"),
    "fer2013": ("fer2013.csv", b"\n6,", b"\n7,"),
    "hateful_memes": ("train.jsonl", b'"label":1', b'"label":2'),
    "intentonomy": ("intentonomy_test2020.json", b'"category_ids":[0]', b'"category_ids":[28]'),
    "mmhs150k": ("MMHS150K_GT.json", b"[4,1,0]", b"[6,1,0]"),
    "mmsd": ("valid.txt", b"0, 1]", b"0, 2]"),
    "mmsd2": ("text_json_final/test.json", b'"label":0', b'"label":2'),
    "mustard": ("sarcasm_data.json", b'"sarcasm":true', b'"sarcasm":2'),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_label_number_that_the_data_set_does_not_have_refuses_the_file(name, copy):
    """A list that counts from 0 where another counts from 1 would be read as other labels, nearly all of it."""
    file, own, other = NUMBERED[name]
    content = (copy / file).read_bytes()
    assert own in content
    (copy / file).write_bytes(content.replace(own, other, 1))
    where = f"{re.escape(f'{get_source(name).title} in {copy}: ')}.*{re.escape(Path(file).name)}"
    with pytest.raises(InputError, match=rf"{where}.*: label \d+ is none of .*numbers its labels"):
        convert(name, copy)


@every_source
def test_html_reaches_no_prompt(name, copy):
    """Whatever text a data set gives: as people wrote it, not as a web page holds it."""
    texts = [record.text for record in convert(name, copy)[0] if re.search(r'"[^"]*[^\W\d_]{3}', record.text)]
    if not texts:
        return  # its texts are our own words, or it has none
    word = re.findall(r"[a-zA-Z]{3,}", texts[0].rpartition(': "')[2])[0]
    for path in annotation(copy):
        if path.suffix not in TEXT:
            return  # pickles: see test_ur_funny.py
        path.write_bytes(path.read_bytes().replace(word.encode(), b"<i>R&amp;" + word.encode() + b"</i>&lt;3"))
    shown = "\n".join(record.text for record in convert(name, copy)[0])
    assert f"R&{word}<3" in shown and "&amp;" not in shown and "<i>" not in shown


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("emotion6", "ground_truth.txt"),
        ("hatemm", "HateMM_annotation.csv"),
        ("memotion", "labels.csv"),
    ],
)
def test_files_that_differ_in_their_ending_are_two_items(name, file, copy):
    """One was taken for the other, and left out as the same again."""
    before = {record.item for record in convert(name, copy)[0]}
    row = re.findall(r"(?m)^.*\.(?:jpg|mp4).*\n", (copy / file).read_text())[0]
    with open(copy / file, "a") as table:
        table.write(re.sub(r"\.(jpg|mp4)", ".webp", row))
    records, skips = convert(name, copy)
    assert len({record.item for record in records} - before) == 1 and "the same item again" not in skips.counts


@every_source
def test_reading_is_lazy(name, copy):
    assert isinstance(next(iter(get_source(name).records(copy, Skips()))), Record)


@every_source
def test_no_data(name, tmp_path):
    source = get_source(name)
    for root in (tmp_path, tmp_path / "missing"):
        assert not source.found(root)
        with pytest.raises(InputError, match=re.escape(source.title)) as error:
            convert(name, root)
        assert source.obtain in str(error.value)


@every_source
def test_empty_files(name, copy):
    files = annotation(copy)
    for path in files:
        path.write_bytes(b"")
    if files:  # else labels are folder names
        with pytest.raises(InputError):
            convert(name, copy)


@every_source
def test_one_empty_file(name, copy):
    for path in annotation(copy):
        content = path.read_bytes()
        path.write_bytes(b"")
        usable(name, copy)
        path.write_bytes(content)


@every_source
def test_cut_off_files(name, copy):
    whole = len(convert(name, copy)[0])
    for path in annotation(copy):
        content = path.read_bytes()
        for cut in sorted({*range(1, min(len(content), 30)), *range(1, len(content), max(1, len(content) // 30))}):
            path.write_bytes(content[:cut])
            assert len(usable(name, copy)) <= whole
        path.write_bytes(content)


@every_source
@pytest.mark.parametrize("ending", [".json", ".pkl"])
def test_cut_off_containers_are_said_to_be(name, copy, ending):
    files = [path for path in annotation(copy) if path.suffix == ending and path.name != "info.json"]
    files = [path for path in files if not {"annotation", "img_txt"} & set(path.parts)]  # those belong to one item
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match=re.escape(path.name)):
            convert(name, copy)
        path.write_bytes(content)


TEXT = {".json", ".jsonl", ".csv", ".tsv", ".txt"}
OLD = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "CR LF": lambda text: text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "latin-1": lambda text: text.decode().replace("’", "'").encode("latin-1"),
    "UTF-16": lambda text: text.decode().encode("utf-16"),
}


@every_source
@pytest.mark.parametrize("kind", OLD)
def test_text_of_any_age(name, copy, kind):
    files = [path for path in annotation(copy) if path.suffix in TEXT]
    for path in files:
        path.write_bytes(path.read_bytes().replace("’".encode(), b"'"))
    records = convert(name, copy)[0]
    for path in files:
        path.write_bytes(OLD[kind](path.read_bytes()))
    assert convert(name, copy)[0] == records


def damaged(name, copy, data, change):
    files = annotation(copy)
    if not files:
        return  # labels are folder names
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    try:
        path.write_bytes(change(path, content))
        usable(name, copy)
    finally:
        path.write_bytes(content)


@every_source
@damaging
@given(data=st.data())
def test_damaged_bytes(name, copy, data):
    damaged(name, copy, data, lambda path, content: mutate.with_bytes(data, content))


@every_source
@damaging
@given(data=st.data())
def test_values_of_any_kind(name, copy, data):
    damaged(name, copy, data, lambda path, content: mutate.with_value(data, path, content))


@every_source
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_arbitrary_files(name, copy, data):
    damaged(name, copy, data, lambda path, content: data.draw(st.binary(max_size=200)))


@every_source
def test_the_copy_lies_behind_a_link(name, copy, tmp_path_factory):
    """People keep data sets on another disk."""
    records = convert(name, copy)[0]
    link = tmp_path_factory.mktemp("linked") / "root"
    link.symlink_to(copy)
    assert convert(name, link)[0] == records


@every_source
def test_a_folder_in_the_place_of_a_file(name, copy):
    for path in annotation(copy):
        content = path.read_bytes()
        path.unlink()
        path.mkdir()
        usable(name, copy)
        shutil.rmtree(path)
        path.write_bytes(content)
