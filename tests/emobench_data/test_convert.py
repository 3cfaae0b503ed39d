"""One data set, or EmoBench-mini, to LLaVA's files; all or nothing."""

import orjson
import pytest

from emobench_data import InputError
from emobench_data.convert import FILES, Form, convert, make_mini
from emobench_data.sources import Source, get_source

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
    for i in range(10):
        write_picture(tmp_path / f"root/pictures/{i}.jpg")
    return tmp_path / "root"


def ten(**changes):
    return [record(item=str(i), media=f"pictures/{i}.jpg", **changes) for i in range(10)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_and_summary(root, tmp_path):
    out = tmp_path / "out"
    summary = convert(made_up(*ten(), skip=3), root, out, val=0.1, form=Form(keep=True))
    assert names(out) == sorted(FILES)
    assert summary == orjson.loads((out / "summary.json").read_bytes())
    assert summary["counts"] == {split: {"sarcasm": {"Yes": n}} for split, n in (("test", 2), ("train", 7), ("val", 1))}
    assert summary["skipped"]["no label"] == {"count": 3, "examples": [f"rows.csv, line {i}" for i in (1, 2, 3)]}
    train = {entry["id"] for entry in orjson.loads((out / "train.json").read_bytes())}
    test = {line["question_id"] for line in read_lines(out / "questions.jsonl")}
    val = {line["question_id"] for line in read_lines(out / "val_questions.jsonl")}
    assert (len(train), len(test), len(val)) == (7, 2, 1) and len(train | test | val) == 10
    assert [line["question_id"] for line in read_lines(out / "gold.jsonl")] == sorted(test)


def test_a_split_without_records_has_no_file_even_from_before(root, tmp_path):
    convert(made_up(*ten()), root, tmp_path / "out", val=0.1)
    convert(made_up(*ten()), root, tmp_path / "out", test=0)
    assert names(tmp_path / "out") == ["summary.json", "train.json"]


def test_the_same_bytes_again(root, tmp_path):
    convert(made_up(*ten()), root, tmp_path / "a")
    convert(made_up(*ten()), root, tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_record(root, tmp_path):
    with pytest.raises(InputError, match=r"Made up: nothing usable under .*2 x no label.*make it up"):
        convert(made_up(skip=2), root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("split", ["test", "val"])
def test_a_split_that_stays_empty_is_no_surprise_later(root, tmp_path, split):
    with pytest.raises(InputError, match=f"{split}=0.3 but no record is in {split}.*set {split} to 0"):
        convert(made_up(*ten(group="one")), root, tmp_path / "out", **{"test": 0, split: 0.3})
    assert not (tmp_path / "out").exists()


def test_a_faulty_medium_stops_it_unless_it_is_not_to_look(root, tmp_path):
    (root / "pictures/3.jpg").unlink()
    with pytest.raises(InputError, match=r"1 of 10 media .*pictures/3.jpg \(missing\)"):
        convert(made_up(*ten()), root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    convert(made_up(*ten()), root, tmp_path / "out", check=False)
    assert (tmp_path / "out/summary.json").exists()


def test_an_error_while_writing_keeps_what_was_there(root, tmp_path):
    convert(made_up(*ten()), root, tmp_path / "out")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}
    clip = record(item="x", modality="video", media="1.mp4", split="test")
    with pytest.raises(InputError, match="no such clip"):
        convert(made_up(*ten(split="train"), clip), root, tmp_path / "out", check=False)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")} == before


def test_an_official_split_without_test_is_taken_as_it_is(root, tmp_path):
    convert(made_up(*ten(split="train")), root, tmp_path / "out")
    assert names(tmp_path / "out") == ["summary.json", "train.json"]


def test_clips_are_written_as_storyboards_or_as_themselves(root, tmp_path):
    write_clip(root / "clips/1.mp4")
    source = made_up(record(modality="video", media="clips/1.mp4", split="test"))
    convert(source, root, tmp_path / "clips", videos="clips")
    (question,) = read_lines(tmp_path / "clips/questions.jsonl")
    assert question["video"] == "clips/1.mp4" and len(names(root / "clips")) == 1
    convert(source, root, tmp_path / "out")
    (question,) = read_lines(tmp_path / "out/questions.jsonl")
    assert (root / question["image"]).is_file()


def ids_with_reasons(folder):
    entries = orjson.loads((folder / "train.json").read_bytes())
    found = {entry["id"]: "\nAnswer: Yes" in entry["conversations"][1]["value"] for entry in entries}
    asked = {entry["id"]: "Give your reasons" in entry["conversations"][0]["value"] for entry in entries}
    assert found == asked
    return found


def test_rationales_train_alone_or_in_a_mixture_that_is_the_same_every_time(root, tmp_path):
    source = made_up(*ten(split="train"))
    known = {one.id: "Two things differ." for one in ten()[:8]}
    found = {}
    for out, mode in (("a", "only"), ("b", "mixed"), ("c", "mixed"), ("d", "none")):
        convert(source, root, tmp_path / out, form=Form(mode, known))
        found[out] = ids_with_reasons(tmp_path / out)
    assert found["a"] == dict.fromkeys(known, True)
    assert found["b"] == found["c"] and len(found["b"]) == 10
    assert {True, False} == {found["b"][key] for key in known} and sum(found["b"].values()) < 8
    assert not any(found["d"].values())
    counts = orjson.loads((tmp_path / "a/summary.json").read_bytes())["rationale"]
    assert counts == {"mode": "only", "trained": 8, "with_rationale": 8}
    assert "rationale" not in orjson.loads((tmp_path / "d/summary.json").read_bytes())


def test_without_any_rationale_only_has_nothing_to_train(root, tmp_path):
    with pytest.raises(InputError, match="no training record has a rationale"):
        convert(made_up(*ten()), root, tmp_path / "out", form=Form("only"))
    assert not (tmp_path / "out").exists()


def test_rationales_are_those_of_the_rules_where_no_others_are_given(root, tmp_path):
    seen = {"words": "Fine.", "picture": "rain"}
    convert(made_up(*ten(split="train", attributes=seen)), root, tmp_path / "out", form=Form("only"))
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


def stop(*_):
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
