"""One data set, or EmoBench-mini, to LLaVA's files; all or nothing."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.convert import FILES, Form, convert, make_mini
from emobench_data.image_folder import image_folder_of
from emobench_data.preparation import MEDIA_CACHE
from emobench_data.sources import Source, get_source

from .compose import contents
from .make import read_lines, record, write_clip, write_picture


def made_up(*records, skip=0):
    def read(root, skips):
        for number in range(skip):
            skips.add(f"rows.csv, line {number + 1}", "no label")
        yield from records

    return Source(
        name="made_up", title="Made up", homepage="", licence="none", citation="nobody", obtain="make it up",
        tasks=("sarcasm",), labels={}, markers=("pictures",), read=read,
    )  # fmt: skip


@pytest.fixture
def root(tmp_path):
    for i in range(20):
        write_picture(tmp_path / f"root/pictures/{i}.jpg", colour=(10 * i, 30, 30))
    return tmp_path / "root"


def twenty(**changes):
    """One Yes for one No."""
    return [record(item=str(i), media=f"pictures/{i}.jpg", answer=("Yes", "No")[i % 2], **changes) for i in range(20)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


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


def test_a_split_without_records_has_no_file_even_from_before(root, tmp_path):
    convert(made_up(*twenty()), root, tmp_path / "out", val=0.1)
    convert(made_up(*twenty()), root, tmp_path / "out", test=0)
    assert visible(tmp_path / "out") == ["summary.json", "train.json"]


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


def test_faulty_media_up_to_a_share_are_left_out_and_more_are_refused(root, tmp_path):
    (root / "pictures/3.jpg").unlink()
    (root / "pictures/8.jpg").write_bytes(b"no picture")
    records = twenty(split="train")[:18] + [replace(one, split="test") for one in twenty()[18:]]
    with pytest.raises(InputError, match=r"2 of 20 media .*pictures/3.jpg \(missing\).*--faulty-media 0.02 lets"):
        convert(made_up(*records), root, tmp_path / "out")
    assert visible(tmp_path / "out") == []
    summary = convert(made_up(*records), root, tmp_path / "out", faulty=0.1)
    assert summary["left_out"]["faulty_media"] | {"examples": 0} == {
        "count": 2, "of": 20, "by_split": {"train": 2}, "examples": 0,
    }
    assert set(summary["left_out"]["faulty_media"]["examples"]) == {"pictures/3.jpg", "pictures/8.jpg"}
    trained = {entry["image"] for entry in orjson.loads((tmp_path / "out/train.json").read_bytes())}
    assert not {"pictures/3.jpg", "pictures/8.jpg"} & trained and summary["records"] == 18
    assert convert(made_up(*records), root, tmp_path / "out", check=False)["records"] == 20


def test_clips_that_cannot_be_read_are_left_out_too(root, tmp_path):
    """Without a check they are found when their pictures are drawn."""
    for i in range(6):
        write_clip(root / f"clips/{i}.mp4", greys=range(i, 250, 25))
    (root / "clips/1.mp4").write_bytes(b"no clip")
    clips = [replace(one, modality="video", media=f"clips/{one.item}.mp4") for one in twenty(split="train")[:6]]
    for check in (True, False):
        summary = convert(made_up(*clips), root, tmp_path / f"{check}", faulty=0.2, check=check)
        assert summary["left_out"]["faulty_media"]["count"] == 1 and summary["records"] == 5
        with pytest.raises(InputError, match="1 of 6 media"):
            convert(made_up(*clips), root, tmp_path / f"{check}", faulty=0.1, check=check)


def test_what_leaks_leaves_training(root, tmp_path):
    """The same file under another name, and nearly the same picture, are known beforehand."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)).resize((160, 120))
    for name, picture in (("2", noise), ("19", noise.resize((96, 72)).point(lambda grey: min(255, grey + 12)))):
        picture.save(root / f"pictures/{name}.jpg")
    (root / "pictures/18.jpg").write_bytes((root / "pictures/1.jpg").read_bytes())
    records = twenty(split="train")[:18] + [replace(one, split="test") for one in twenty()[18:]]
    summary = convert(made_up(*records), root, tmp_path / "out")
    assert summary["left_out"]["content_leaks"]["by_kind"] == {"train, content": 1, "train, near": 1}
    assert {leak["id"] for leak in summary["left_out"]["content_leaks"]["examples"]} == {
        "made_up/1/sarcasm", "made_up/2/sarcasm",
    }
    kept = convert(made_up(*records), root, tmp_path / "out", near_duplicates="keep")
    assert kept["left_out"]["content_leaks"]["by_kind"] == {"train, content": 1}
    assert convert(made_up(*records), root, tmp_path / "out", check=False)["records"] == 20


def test_an_error_while_writing_keeps_what_was_there(root, tmp_path, monkeypatch):
    convert(made_up(*twenty()), root, tmp_path / "out")
    (tmp_path / "out" / MEDIA_CACHE).unlink()
    before = contents(tmp_path / "out")
    monkeypatch.setattr("emobench_data.convert.write_questions", stop)
    with pytest.raises(KeyboardInterrupt):
        convert(made_up(*twenty()), root, tmp_path / "out", seed=1, check=False)
    assert contents(tmp_path / "out") == before


def test_an_official_split_without_test_is_taken_as_it_is(root, tmp_path):
    convert(made_up(*twenty(split="train")), root, tmp_path / "out")
    assert visible(tmp_path / "out") == ["summary.json", "train.json"]


def clips_and_pictures(root):
    """Two clips, and two pictures in the same folder, all in test."""
    for name, greys in (("1", range(0, 250, 25)), ("2", range(250, 0, -25))):
        write_clip(root / f"clips/{name}.mp4", greys=greys)
        write_picture(root / f"clips/{name}.jpg", colour=(5, 5, 100 * int(name)))
    return made_up(*(
        record(item=f"{kind}{n}", modality=kind, media=f"clips/{n}.{end}", split="test", answer=("Yes", "No")[n - 1])
        for kind, end in (("video", "mp4"), ("image", "jpg")) for n in (1, 2)
    ))  # fmt: skip


def test_clips_as_themselves_are_named_from_the_data_set(root, tmp_path):
    summary = convert(clips_and_pictures(root), root, tmp_path / "out", videos="clips")
    video, _, image, _ = read_lines(tmp_path / "out/questions.jsonl")
    assert video["video"] == "clips/1.mp4" and image["image"] == "clips/1.jpg" and summary["image_folder"] == ""
    assert visible(tmp_path / "out") == ["gold.jsonl", "questions.jsonl", "summary.json"]


def test_nothing_is_written_into_the_data_set(root, tmp_path):
    """It may be read-only, or somebody else's. All media are then named from one folder beside what is written."""
    source = clips_and_pictures(root)
    before = contents(root)
    for folder in (root / "clips", root / "pictures", root):
        folder.chmod(0o500)
    try:
        for _ in range(2):
            summary = convert(source, root, tmp_path / "out")
    finally:
        root.chmod(0o700)
    questions = read_lines(tmp_path / "out/questions.jsonl")
    assert summary["image_folder"] == "media" and summary["linked"]
    assert [line["image"] for line in questions] == [
        "clips/1.mp4.storyboard.jpg", "clips/2.mp4.storyboard.jpg", "clips/1.jpg", "clips/2.jpg",
    ]
    folder = image_folder_of(tmp_path / "out", root)
    for line in questions:
        Image.open(folder / line["image"]).load()
    assert contents(root) == before


def test_links_lead_to_the_data_set_that_was_named_last(root, tmp_path):
    source = clips_and_pictures(root)
    convert(source, root, tmp_path / "out")
    shutil.copytree(root, tmp_path / "other")
    write_picture(tmp_path / "other/clips/1.jpg", colour=(0, 99, 0))
    convert(source, tmp_path / "other", tmp_path / "out")
    media = tmp_path / "out/media/clips"
    assert (media / "1.jpg").read_bytes() == (tmp_path / "other/clips/1.jpg").read_bytes()
    assert contents(root)["clips/1.jpg"] != (media / "1.jpg").read_bytes()


@pytest.mark.parametrize("link", ["folder", "file"])
def test_links_of_ones_own_are_followed_where_that_is_said(root, tmp_path, monkeypatch, link):
    """Such as to a store on another disk, or one link a picture as in the cache of Hugging Face."""
    if link == "folder":
        (root / "pictures").rename(tmp_path / "store")
        (root / "pictures").symlink_to(tmp_path / "store")
    else:
        (tmp_path / "blobs").mkdir()
        for path in (root / "pictures").iterdir():
            path.rename(tmp_path / "blobs" / path.name)
            path.symlink_to(tmp_path / "blobs" / path.name)
    with pytest.raises(InputError, match=r"20 of 20 media .*leads out of the folder; .*set EMOLLM_FOLLOW_LINKS=1"):
        convert(made_up(*twenty()), root, tmp_path / "out")
    monkeypatch.setenv("EMOLLM_FOLLOW_LINKS", "1")
    assert convert(made_up(*twenty()), root, tmp_path / "out")["records"] == 20


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


def test_several_preparations_into_one_folder_take_turns(tmp_path):
    """Each ends well, and what is there is whole; two of other arguments never mix."""
    make_mini(tmp_path / "whole", train=12, test=6, seed=0)
    make_mini(tmp_path / "other", train=12, test=6, seed=1)
    commands = [
        [sys.executable, "-m", "emobench_data", "mini", "--out", str(tmp_path / out), "--train", "12", "--test", "6",
         "--seed", str(seed)]
        for out, seeds in (("a", (0, 0, 0)), ("b", (0, 1))) for seed in seeds
    ]  # fmt: skip
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2])
               for command in commands]  # fmt: skip
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 5, said
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")
    assert contents(tmp_path / "b") in (contents(tmp_path / "whole"), contents(tmp_path / "other"))
