"""One command writes everything, the same every time, and all or nothing."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import orjson
import pytest

from emobench_data import InputError
from emobench_data.building import benchmark as module
from emobench_data.building.benchmark import MANIFEST, all_files, build
from emobench_data.building.preparation import MEDIA_CACHE
from emobench_data.io.llava_files import read_training
from emobench_data.scoring import score

from ..cli.test_cli import refused, run
from ..compose import composition, contents, data_sets, media_of, write_config
from ..make import read_lines, write_lines
from ..sources.helpers import jsonl, put


@pytest.fixture
def root(tmp_path):
    return data_sets(tmp_path / "sets")


def test_everything_is_written_and_fits_together(root, tmp_path):
    manifest = build(composition(root), tmp_path / "out")
    train = orjson.loads((tmp_path / "out/train.json").read_bytes())
    assert manifest["records"] == {"train": 24 * 5, "val": 8 * 5, "test": 8 * 5}
    assert len(train) == manifest["records"]["train"] == len({entry["id"] for entry in train})
    questions, gold = (read_lines(tmp_path / "out" / name) for name in ("questions.jsonl", "gold.jsonl"))
    assert [line["question_id"] for line in questions] == [line["question_id"] for line in gold]
    splits = {line["id"]: line["split"] for line in read_lines(tmp_path / "out/splits.jsonl")}
    assert {entry["id"] for entry in train} == {id for id, split in splits.items() if split == "train"}
    assert {line["question_id"] for line in questions} == {id for id, split in splits.items() if split == "test"}
    assert {entry.get("image", entry.get("video")) for entry in train} < set(media_of(root))
    answers = [{"question_id": line["question_id"], "text": line["answer"]} for line in gold]
    predictions = write_lines(tmp_path / "answers.jsonl", answers)
    assert score(tmp_path / "out/questions.jsonl", tmp_path / "out/gold.jsonl", predictions)["overall"] == 1
    assert orjson.loads((tmp_path / "out" / MANIFEST).read_bytes()) == manifest


def test_shards_are_written_beside_and_never_in_the_place_of_others(root, tmp_path):
    """Shards of an earlier build stayed under the same name as if they were those of the new one."""
    out = tmp_path / "out"
    words = ("--out", out, "--no-figures", "--shards", 4)
    first = run("build", write_config(root), *words)
    assert first.exit_code == 0 and first.stdout.endswith("shards.json\n"), first.output
    (folder,) = out.glob("shards-4-*")
    assert list(read_training(folder / "shards.json")) == orjson.loads((out / "train.json").read_bytes())
    kept = contents(folder)
    assert run("build", write_config(root), *words).exit_code == 0 and contents(folder) == kept
    assert run("build", write_config(root, shuffle=1), *words).exit_code == 0
    (other,) = set(out.glob("shards-4-*")) - {folder}
    assert contents(folder) == kept
    assert list(read_training(other / "shards.json")) == orjson.loads((out / "train.json").read_bytes())


@pytest.mark.slow
def test_the_checksums_hold(root, tmp_path):
    manifest = build(composition(root), tmp_path / "out")
    written = contents(tmp_path / "out")
    sums = dict(reversed(line.split("  ")) for line in written["SHA256SUMS"].decode().splitlines())
    assert sums == manifest["sha256"] and set(sums) == set(written) - {"SHA256SUMS", MANIFEST}
    assert all(hashlib.sha256(written[name]).hexdigest() == digest for name, digest in sums.items())


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(root, tmp_path):
    build(composition(root), tmp_path / "a")
    build(composition(root), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    build(composition(root, shuffle=1), tmp_path / "b")
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert a["train.json"] != b["train.json"] and a["questions.jsonl"] == b["questions.jsonl"]
    assert sorted(a["train.json"].strip(b"[]\n").split(b",\n")) == sorted(b["train.json"].strip(b"[]\n").split(b",\n"))


@pytest.mark.slow
def test_files_of_an_earlier_build_do_not_stay(root, tmp_path):
    build(composition(root), tmp_path / "out")
    build(composition(root, sources={"emoset": {"tasks": ["emo_c"]}}), tmp_path / "out", figures=False)
    names = set(contents(tmp_path / "out"))
    assert "vlmevalkit/EmoBench_emo_c.tsv" in names and names < set(all_files())
    assert not {"vlmevalkit/EmoBench_hate.tsv", "figures/labels.png"} & names


def test_sub_tasks_caps_balance_and_weight(root, tmp_path):
    sources = {
        "emoset": {"tasks": ["emo_c"], "balance": ["train"], "weight": 1.5},
        "hateful_memes": {"cap": {"test": 3}, "weight": 0.25},
        "intentonomy": {"weight": 2},
    }
    manifest = build(composition(root, sources=sources), tmp_path / "out")
    assert set(manifest["tasks"]) == {"emo_c", "intent", "hate"}
    assert sum(label["train"] for label in manifest["tasks"]["hate"].values()) == 6
    assert sum(label["test"] for label in manifest["tasks"]["hate"].values()) == 3
    assert manifest["sources"]["emoset"]["train"] == 24  # 8 of each label, and half of them again
    assert manifest["items"]["emoset"]["train"] == 16
    assert manifest["sources"]["intentonomy"]["train"] == 48
    train = orjson.loads((tmp_path / "out/train.json").read_bytes())
    assert len({entry["id"] for entry in train}) == len(train)
    manifest_ids = {line["id"] for line in read_lines(tmp_path / "out/splits.jsonl")}
    again = [entry["id"] for entry in train if entry["id"] not in manifest_ids]
    assert len(again) == 8 + 24 and all(id.replace("~2", "") in manifest_ids for id in again)


def test_rationales_and_guided_questions(root, tmp_path):
    for number in range(12):
        label = ("awe", "anger", "awe")[number % 3]
        put(root, f"emoset/annotation/{label}/{label}_{number:05}.json", {"scene": "a field", "object": ["tent"]})
    sources = {"emoset": {"tasks": ["emo_c"], "weight": 2}, "hateful_memes": {}}
    form = {"rationale": "only", "form": "guided", "sources": sources}
    manifest = build(composition(root, **form), tmp_path / "out", figures=False)
    assert manifest["training"] == {"trained": 24, "with_rationale": 24} and manifest["config"]["rationale"] == "only"
    turns = [entry["conversations"] for entry in orjson.loads((tmp_path / "out/train.json").read_bytes())]
    assert {answer["value"].partition("\n")[2] for _, answer in turns} == {"Answer: awe", "Answer: anger"}
    assert all("Give your reasons" in asked["value"] and "objects: tent" in answer["value"] for asked, answer in turns)
    assert {line["form"] for line in read_lines(tmp_path / "out/questions.jsonl")} == {"guided"}
    for name in ("hf/train.jsonl", "hf/test.jsonl"):
        assert not any("Give your reasons" in line["question"] for line in read_lines(tmp_path / "out" / name))
    given = [{"id": "emoset/awe_00000/emo_c", "rationale": "Wide and bright."}]
    write_lines(root / "r.jsonl", given)
    result = run("build", write_config(root, **form, rationales="r.jsonl"), "--out", tmp_path / "out", "--no-figures")
    assert result.exit_code == 0 and "trained: 2, of which with a rationale: 2" in result.output


def test_all_missing_data_sets_are_named_with_how_to_get_them(root, tmp_path):
    shutil.rmtree(root / "hatemm")
    (root / "emoset").rename(root / "EmoSet")
    line = refused("build", write_config(root), "--out", tmp_path / "out")
    assert "2 of 4 data sets are not there: emoset (" in line and "hatemm (" in line and "download EmoSet-118K" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_missing_data_sets_are_skipped_when_that_is_said(root, tmp_path):
    shutil.rmtree(root / "hatemm")
    result = run("build", write_config(root), "--out", tmp_path / "out", "--skip-missing")
    assert result.exit_code == 0 and "went without hatemm" in result.output
    card = (tmp_path / "out/README.md").read_text()
    assert "Not on disk when this was built" in card and "- HateMM: " in card
    shutil.rmtree(root)
    root.mkdir()
    assert "4 of 4" in refused("build", write_config(root, missing="skip"), "--out", tmp_path / "none")


def test_a_sub_task_without_a_test_question_is_named(root, tmp_path):
    (root / "hateful_memes/test.jsonl").unlink()
    result = run("build", write_config(root, sources={"hateful_memes": {}, "emoset": {}}), "--out", tmp_path / "out")
    assert result.exit_code == 0 and "hate has no test question" in result.output
    assert "emo_c has no test" not in result.output


def test_a_preset(root, tmp_path):
    result = run("build", "small", "--data-root", root, "--out", tmp_path / "out", "--skip-missing")
    # hatemm's clips are not there to make storyboards of
    assert result.exit_code == 2 and "hatemm/non_hate_videos/hate_video_0.mp4 (missing" in result.stderr
    shutil.rmtree(root / "hatemm")
    assert run("build", "small", "--data-root", root, "--out", tmp_path / "out", "--skip-missing").exit_code == 0


def test_one_picture_in_two_splits_of_a_data_set(root, tmp_path):
    put(
        root,
        "hateful_memes/train.jsonl",
        jsonl(*({"id": n, "img": f"img/0{n + 1031}.png", "label": n % 2} for n in (1, 9, 10))),
    )
    manifest = build(composition(root), tmp_path / "out", figures=False)
    assert manifest["left_out"]["leaks"]["by_kind"] == {"train, medium": 1}
    assert manifest["left_out"]["leaks"]["examples"][0]["id"] == "hateful_memes/00001/hate"


def test_without_matplotlib(root, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "emobench_data.building.plots", raising=False)
    monkeypatch.delattr("emobench_data.building.plots", raising=False)
    assert "pip install matplotlib" in refused("build", write_config(root), "--out", tmp_path / "out")
    assert run("build", write_config(root), "--out", tmp_path / "out", "--no-figures").exit_code == 0


def test_nothing_left(root, tmp_path):
    with pytest.raises(InputError, match="no record is left"):
        build(composition(root, cap=0), tmp_path / "out")


@pytest.mark.slow
def test_after_an_error_the_folder_is_as_it_was(root, tmp_path, monkeypatch):
    build(composition(root), tmp_path / "out")
    before = contents(tmp_path / "out")
    monkeypatch.setattr(module.datacard, "card", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build(composition(root, shuffle=1), tmp_path / "out")
    assert contents(tmp_path / "out") == before


@pytest.mark.slow
@pytest.mark.parametrize("check", [False, True])
def test_killed_at_any_moment(tmp_path, check):
    """What is visible is whole, and the next run ends where an undisturbed one does."""
    root = data_sets(tmp_path / "sets", media=check)
    command = [sys.executable, "-m", "emobench_data", "build", write_config(root), "--no-figures", "--out"]
    command += ["--check-media"] * check
    command = [str(part) for part in command]
    command.insert(command.index("--out") + 1, "")
    place = command.index("--out") + 1
    command[place] = str(tmp_path / "whole")
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole, length = contents(tmp_path / "whole"), time.monotonic() - started
    command[place] = str(tmp_path / "out")
    draw = random.Random(check)
    for moment in (draw.uniform(0.4, 1.0) * length for _ in range(3)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seen = contents(tmp_path / "out") if (tmp_path / "out").exists() else {}
        visible = {name: seen[name] for name in seen if not name.startswith(".")}
        assert all(visible[name] == whole[name] for name in visible)
        assert MANIFEST not in visible or set(visible) == set(whole) - {MEDIA_CACHE}
    subprocess.run(command, check=True, capture_output=True)
    again = contents(tmp_path / "out")
    for files in (again, whole):
        files.pop(MEDIA_CACHE, None)
    assert again == whole
