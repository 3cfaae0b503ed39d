"""One data set, or EmoBench-mini, to LLaVA's files; all or nothing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from emobench_data import InputError
from emobench_data.building.convert import FILES, Form, convert, make_mini
from emobench_data.building.image_folder import image_folder_of
from emobench_data.building.preparation import MEDIA_CACHE
from emobench_data.sources import get_source

from ..compose import contents
from ..conversions import made_up, names, twenty, visible, write_root
from ..make import read_lines, record


@pytest.fixture
def root(tmp_path):
    return write_root(tmp_path / "root")


def test_files_and_summary(root, tmp_path):
    out = tmp_path / "out"
    summary = convert(made_up(*twenty(), skip=3), root, out, val=0.1, form=Form(keep=True))
    assert names(out) == sorted([MEDIA_CACHE, *FILES])
    assert summary == orjson.loads((out / "summary.json").read_bytes())
    sizes = (("test", 2), ("train", 7), ("val", 1))
    assert summary["counts"] == {split: {"sarcasm": {"No": n, "Yes": n}} for split, n in sizes}
    assert summary["skipped"]["no label"] == {"count": 3, "examples": [f"rows.csv, line {i}" for i in (1, 2, 3)]}
    assert image_folder_of(out, root) == root and not (out / "media").exists()
    train = {entry["id"] for entry in orjson.loads((out / "train.json").read_bytes())}
    test = {line["question_id"] for line in read_lines(out / "questions.jsonl")}
    val = {line["question_id"] for line in read_lines(out / "val_questions.jsonl")}
    assert (len(train), len(test), len(val)) == (14, 4, 2) and len(train | test | val) == 20
    assert {line["question_id"] for line in read_lines(out / "gold.jsonl")} == test


def test_the_card_says_what_it_is_and_what_was_left_out(root, tmp_path):
    convert(made_up(*twenty(), skip=3), root, tmp_path / "out", check=False)
    card = (tmp_path / "out/DATACARD.md").read_text()
    assert card.startswith("# Made up\n") and "- Made up: nobody" in card and "- Made up: 3 x no label" in card
    assert "| Sarcasm | `sarcasm` | 16 | 0 | 4 | 2 |" in card and "hf/" not in card


def test_a_split_without_records_has_no_file_even_from_before(root, tmp_path):
    convert(made_up(*twenty()), root, tmp_path / "out", val=0.1)
    convert(made_up(*twenty()), root, tmp_path / "out", test=0)
    assert visible(tmp_path / "out") == ["DATACARD.md", "summary.json", "train.json"]


def test_the_same_bytes_again(root, tmp_path):
    convert(made_up(*twenty()), root, tmp_path / "a")
    convert(made_up(*twenty()), root, tmp_path / "b")
    for name in visible(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_record(root, tmp_path):
    with pytest.raises(InputError, match=r"Made up: nothing usable under .*2 x no label.*make it up"):
        convert(made_up(skip=2), root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("split", ["test", "val"])
def test_a_split_that_stays_empty_is_no_surprise_later(root, tmp_path, split):
    with pytest.raises(InputError, match=f"{split}=0.3 but no record is in {split}.*set {split} to 0"):
        convert(made_up(*twenty(group="one")), root, tmp_path / "out", **{"test": 0, split: 0.3})
    assert not (tmp_path / "out").exists()


def test_a_split_with_one_answer_only_is_refused(root, tmp_path):
    """Its labels were not understood, or half of them are missing: so it was with a copy of UR-FUNNY."""
    for split in ("test", "train"):
        records = [replace(one, split="train" if split == "test" else "test") for one in twenty()]
        for number in range(2, 20, 2):
            records[number] = replace(records[number], split=split)
        found = rf"made_up: {split} sarcasm: 9 x Yes and no other answer \(left out when it was read: 2 x no label\)"
        with pytest.raises(InputError, match=found):
            convert(made_up(*records, skip=2), root, tmp_path / "out", check=False)
    assert not (tmp_path / "out").exists()


def test_an_incomplete_copy_is_named(root, tmp_path, caplog):
    source = replace(made_up(*twenty()), expected={"": 900})
    summary = convert(source, root, tmp_path / "out")
    assert summary["incomplete"] == ["all: 20 of 900 items that a complete copy has"]
    assert "Made up: all: 20 of 900 items that a complete copy has" in caplog.text


def test_an_error_while_writing_keeps_what_was_there(root, tmp_path, monkeypatch):
    convert(made_up(*twenty()), root, tmp_path / "out")
    (tmp_path / "out" / MEDIA_CACHE).unlink()
    before = contents(tmp_path / "out")
    monkeypatch.setattr("emobench_data.building.convert.write_records", stop)
    with pytest.raises(KeyboardInterrupt):
        convert(made_up(*twenty()), root, tmp_path / "out", seed=1, check=False)
    assert contents(tmp_path / "out") == before


def test_an_official_split_without_test_is_taken_as_it_is(root, tmp_path):
    convert(made_up(*twenty(split="train")), root, tmp_path / "out")
    assert visible(tmp_path / "out") == ["DATACARD.md", "summary.json", "train.json"]


def test_some_sub_tasks_alone_are_written_from_the_same_split(root, tmp_path):
    answers = [(n, task, "Yes" if n % 2 else "No") for n in range(20) for task in ("hate", "humor")]
    records = [record(item=f"{n}", media=(), text="a", task=task, answer=said) for n, task, said in answers]
    source = replace(made_up(*records), tasks=("hate", "humor"))
    convert(source, root, tmp_path / "all")
    convert(source, root, tmp_path / "some", tasks=("humor",))
    ids = [{one["question_id"] for one in read_lines(tmp_path / name / "gold.jsonl")} for name in ("all", "some")]
    assert ids[1] == {one for one in ids[0] if one.endswith("humor")} and len(ids[1]) == 4
    with pytest.raises(InputError, match="has no sub-task 'intent'; it has hate, humor"):
        convert(source, root, tmp_path / "some", tasks=("humor", "intent"))


def ids_with_reasons(folder):
    entries = orjson.loads((folder / "train.json").read_bytes())
    found = {entry["id"]: "\nAnswer: " in entry["conversations"][1]["value"] for entry in entries}
    asked = {entry["id"]: "Give your reasons" in entry["conversations"][0]["value"] for entry in entries}
    assert found == asked
    return found


def test_rationales_train_alone_or_in_a_mixture_that_is_the_same_every_time(root, tmp_path):
    source = made_up(*twenty(split="train"))
    known = {one.id: "Two things differ." for one in twenty()[:16]}
    found = {}
    for out, mode in (("a", "only"), ("b", "mixed"), ("c", "mixed"), ("d", "none")):
        convert(source, root, tmp_path / out, form=Form(mode, known))
        found[out] = ids_with_reasons(tmp_path / out)
    assert found["a"] == dict.fromkeys(known, True)
    assert found["b"] == found["c"] and len(found["b"]) == 20
    assert {True, False} == {found["b"][key] for key in known} and sum(found["b"].values()) < 16
    assert not any(found["d"].values())
    counts = orjson.loads((tmp_path / "a/summary.json").read_bytes())["rationale"]
    assert counts == {"mode": "only", "trained": 16, "with_rationale": 16}
    assert "rationale" not in orjson.loads((tmp_path / "d/summary.json").read_bytes())


def test_without_any_rationale_only_has_nothing_to_train(root, tmp_path):
    with pytest.raises(InputError, match="no training record has a rationale"):
        convert(made_up(*twenty()), root, tmp_path / "out", form=Form("only"), check=False)
    assert not (tmp_path / "out").exists()


def test_rationales_are_those_of_the_rules_where_no_others_are_given(root, tmp_path):
    seen = {"words": "Fine.", "picture": "rain"}
    convert(made_up(*twenty(split="train", attributes=seen)), root, tmp_path / "out", form=Form("only"))
    assert all(ids_with_reasons(tmp_path / "out").values())


def test_mini(tmp_path):
    summary = make_mini(tmp_path, train=36, test=36, seed=0)
    assert summary["records"] == 72
    train, questions = orjson.loads((tmp_path / "train.json").read_bytes()), read_lines(tmp_path / "questions.jsonl")
    assert (len(train), len(questions), len(read_lines(tmp_path / "gold.jsonl"))) == (36, 36, 36)
    assert any(entry["image"].endswith("storyboard.jpg") for entry in train)
    assert all((tmp_path / "media" / entry["image"]).is_file() for entry in [*train, *questions])


def test_mini_with_other_arguments_never_leaves_questions_about_other_pictures(tmp_path, monkeypatch):
    make_mini(tmp_path, train=6, test=6, seed=0)
    monkeypatch.setattr("emobench_data.mini.render._write", stop)
    with pytest.raises(KeyboardInterrupt):
        make_mini(tmp_path, train=6, test=6, seed=1)
    assert names(tmp_path) == ["media"]


def stop(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.slow
def test_real_photographs(shared_data, tmp_path):
    summary = convert(get_source("oasis"), shared_data / "oasis_pixabay", tmp_path / "out")
    assert summary["records"] == 615
    assert summary["counts"]["test"]["emo_c"] == {"negative": 26, "neutral": 50, "positive": 46}
    train = {entry["image"] for entry in orjson.loads((tmp_path / "out/train.json").read_bytes())}
    test = {line["image"] for line in read_lines(tmp_path / "out/questions.jsonl")}
    assert not {name.rsplit("_", 1)[0] for name in train} & {name.rsplit("_", 1)[0] for name in test}


def test_mini_with_its_clips_as_themselves(tmp_path):
    make_mini(tmp_path, train=36, test=6, seed=0, videos="clips")
    clips = [entry for entry in orjson.loads((tmp_path / "train.json").read_bytes()) if "video" in entry]
    assert clips and all(entry["conversations"][0]["value"].startswith("<video>\n") for entry in clips)
    assert not list((tmp_path / "media").rglob("*.storyboard.jpg"))


@pytest.mark.slow
def test_several_preparations_into_one_folder_take_turns(tmp_path):
    """Each ends well, and what is there is whole; two of other arguments never mix."""
    make_mini(tmp_path / "whole", train=12, test=6, seed=0)
    make_mini(tmp_path / "other", train=12, test=6, seed=1)
    commands = [
        [
            sys.executable,
            "-m",
            "emobench_data",
            "mini",
            "--out",
            str(tmp_path / out),
            "--train",
            "12",
            "--test",
            "6",
            "--seed",
            str(seed),
        ]
        for out, seeds in (("a", (0, 0, 0)), ("b", (0, 1)))
        for seed in seeds
    ]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3])
        for command in commands
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 5, said
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")
    assert contents(tmp_path / "b") in (contents(tmp_path / "whole"), contents(tmp_path / "other"))
