"""Validation and training have one set of rules for the form of a record."""

import json
from types import SimpleNamespace

import pytest

from emobench_data import InputError
from emobench_data.media.video import Sampling
from emobench_data.validation import validate
from emollm_plugin.training.records import load_records, with_faulty_media

from ...emobench_data.make import write_clip, write_picture


def record(*turns, **more):
    turns = turns or (("human", "<image>\nWhich emotion?"), ("gpt", "joy"))
    return {"id": "0", "image": "a.jpg", "conversations": [{"from": who, "value": said} for who, said in turns], **more}


RECORDS = {
    "usual": record(),
    "a list of one": record(image=["a.jpg"]),
    "whole number as id": record(id=7),
    "a list of two": record(("human", "<image>\n<image>\nWhich?"), ("gpt", "joy"), image=["a.jpg", "a.jpg"]),
    "an empty list": record(image=[]),
    "no name": record(image=""),
    "a number": record(image=3),
    "null": record(image=None),
    "two kinds": record(("human", "<image><video>\nWhich?"), ("gpt", "joy"), video="a.mp4"),
    "a system turn": record(("system", "Be kind."), ("human", "<image>\nWhich?"), ("gpt", "joy")),
    "other roles": record(("user", "<image>\nWhich?"), ("assistant", "joy")),
    "no placeholder": record(("human", "Which?"), ("gpt", "joy")),
    "a placeholder in the answer": record(("human", "<image>\nWhich?"), ("gpt", "<image>")),
    "an answer that is a number": record(("human", "<image>\nWhich?"), ("gpt", 3)),
    "an empty answer": record(("human", "<image>\nWhich?"), ("gpt", " ")),
    "no answer": record(("human", "<image>\nWhich?")),
    "no turns": {"id": "0", "image": "a.jpg"},
    "no object": [1],
    "the first turn late": record(("human", "Hello."), ("gpt", "Hi."), ("human", "<image>\nWhich?"), ("gpt", "joy")),
    "a clip": {**record(("human", "<video>\nWhich?"), ("gpt", "joy"), video="a.mp4"), "image": None},
}


@pytest.mark.parametrize("name", RECORDS)
def test_what_validation_finds_no_fault_in_can_be_trained_on_and_nothing_else(tmp_path, name):
    write_picture(tmp_path / "a.jpg")
    write_clip(tmp_path / "a.mp4")
    path = tmp_path / "t.json"
    path.write_text(json.dumps([RECORDS[name]]))
    faults = validate(path, tmp_path).faults
    if not faults:
        (read,) = load_records(str(path))
        assert read["image"] == "a.jpg"
        return
    with pytest.raises(InputError, match=f"{path}, record 1: ") as refused:
        load_records(str(path))
    assert str(refused.value).endswith(faults[0].message)
    assert len(faults) == 1, faults


def test_a_file_is_checked_as_each_of_its_kinds(tmp_path):
    """A clip without a sound, which another record names as a sound."""
    write_clip(tmp_path / "a.mp4")
    args = SimpleNamespace(image_folder=str(tmp_path), faulty_media=0.5, data_path="t.json")
    both = [(0, {"video": "a.mp4"}), (1, {"audio": "a.mp4"})]
    for records in (both, both[::-1]):
        assert with_faulty_media(records, args, Sampling(), tmp_path / "cache") == {1}


def test_the_own_sound_of_a_clip_is_checked_where_it_is_heard(tmp_path, monkeypatch):
    write_clip(tmp_path / "a.mp4")
    args = SimpleNamespace(image_folder=str(tmp_path), faulty_media=1, data_path="t.json")
    monkeypatch.setattr("emollm_plugin.training.records.own_sound_fault", lambda clip: "truncated")
    records = [(0, {"video": "a.mp4"})]
    assert with_faulty_media(records, args, Sampling(), tmp_path / "cache") == set()
    assert with_faulty_media(records, args, Sampling(), tmp_path / "cache", own_sounds=True) == {0}
