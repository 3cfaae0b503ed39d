"""Media in a build: checked, left out, made into storyboards, and kept from leaking between the splits."""

import shutil

import orjson
import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data.building.benchmark import build
from emobench_data.building.preparation import MEDIA_CACHE
from emobench_data.cli.commands import main

from ..cli.test_cli import refused
from ..compose import composition, contents, data_sets, media_of, write_config
from ..make import read_lines, write_picture, write_sound
from ..media.test_examine import huge_png
from ..sources.helpers import put


@pytest.mark.slow
def test_clips_become_storyboards(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    build(composition(root, videos="storyboards"), tmp_path / "out")
    asked = [line for line in read_lines(tmp_path / "out/questions.jsonl") if "hatemm" in line["question_id"]]
    media = tmp_path / "out/media"
    assert asked and all((media / line["image"]).is_file() and "four frames" in line["text"] for line in asked)
    assert "hatemm" in (tmp_path / "out/vlmevalkit/EmoBench_hate.tsv").read_text()


def readable(out):
    """How many media of the training and question files are found below the image folder, each of which must be."""
    entries = orjson.loads((out / "train.json").read_bytes()) + read_lines(out / "questions.jsonl")
    names = {entry.get("image", entry.get("video")) for entry in entries}
    assert all((out / "media" / name).is_file() for name in names)
    return len(names)


@pytest.mark.slow
def test_all_media_are_named_from_one_folder_and_none_is_written_into_a_data_set(tmp_path):
    root, out = data_sets(tmp_path / "sets", media=True), tmp_path / "out"
    put(
        root,
        "fer2013/fer2013.csv",
        "emotion,pixels,Usage\n"
        + "".join(
            f"{n % 7}, {' '.join(str((i * i + 9 * n) % 256) for i in range(48 * 48))},{('Training', 'PrivateTest')[n % 2]}\n"
            for n in range(4)
        ),
    )
    sources = {name: {} for name in ("emoset", "hateful_memes", "hatemm", "fer2013")}
    config = {"videos": "storyboards", "sources": sources}
    before = contents(root)
    for folder in root.rglob("*/"):
        folder.chmod(0o500)
    manifest = build(composition(root, **config), out, check=True, figures=False)
    assert manifest["image_folder"] == "media" and manifest["linked"] and readable(out) == 24 + 24 + 24 + 8 + 8 + 8 + 4
    assert (out / "media/emoset").is_symlink() and not (out / "media/hatemm").is_symlink()
    assert "EMOLLM_FOLLOW_LINKS=1" in (out / "README.md").read_text()
    # Clips as themselves, then pictures of them again: what was a link becomes a folder, and the data set stays as it is.
    build(composition(root, **config | {"videos": "clips"}), out, check=True, figures=False)
    assert readable(out) and (out / "media/hatemm/hate_videos/hate_video_1.mp4").is_symlink()
    shutil.rmtree(out / "media/hatemm")
    build(composition(root, **config | {"videos": "clips"}), out, check=True, figures=False)
    assert readable(out) and (out / "media/hatemm").is_symlink()
    build(composition(root, **config), out, check=True, figures=False)
    assert readable(out) and not (out / "media/hatemm").is_symlink()
    after = contents(root)
    assert {name: after[name] for name in before if name != "composition.yaml"} == {
        name: before[name] for name in before if name != "composition.yaml"
    } and after.keys() == before.keys()


def test_a_share_of_faulty_media_counts_for_each_data_set(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    for number in (1000, 1001):
        (root / f"hateful_memes/img/0{number}.png").unlink()
    with pytest.raises(InputError, match="2 of 40 media"):  # of 120 in all
        build(
            composition(root, faulty=0.04, sources={"hateful_memes": {}, "emoset": {}, "intentonomy": {}}),
            tmp_path / "out",
            check=True,
        )
    manifest = build(composition(root, faulty=0.05), tmp_path / "out", check=True, figures=False)
    assert manifest["left_out"]["faulty_media"]["by_split"] == {"train": 2}


def test_labels_of_one_kind_and_a_copy_that_is_cut_off_are_named(tmp_path, caplog):
    root = data_sets(tmp_path / "sets")
    manifest = build(composition(root), tmp_path / "out", figures=False)
    assert "EmoSet-118K: train: 24 of 94,481 items that a complete copy has" in caplog.text
    assert manifest["read"]["emoset"]["incomplete"][0] == "train: 24 of 94,481 items that a complete copy has"
    assert "incomplete, train: 24 of 94,481 items" in (tmp_path / "out/README.md").read_text()
    lines = (root / "hateful_memes/test.jsonl").read_bytes().replace(b'"label":0', b'"label":"none"')
    (root / "hateful_memes/test.jsonl").write_bytes(lines)
    with pytest.raises(InputError, match=r"hateful_memes: test hate: 4 x Yes and no other answer \(left out .*4 x no label"):
        build(composition(root), tmp_path / "out", figures=False)


@pytest.mark.slow
def test_faulty_media_are_refused_or_left_out(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    (root / "hateful_memes/img/01000.png").write_bytes(b"no picture")
    (root / "hatemm/hate_videos/hate_video_1.mp4").unlink()
    line = refused("build", write_config(root), "--out", tmp_path / "out", "--check-media")
    assert "2 of" in line and "img/01000.png (text, not a picture" in line and "hate_video_1.mp4 (missing)" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MEDIA_CACHE]
    command = ["build", str(write_config(root)), "--out", str(tmp_path / "other"), "--check-media", "--no-figures"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2 and "--faulty-media 1, or 'faulty: skip' in the composition" in done.stderr
    assert CliRunner().invoke(main, [*command, "--faulty-media", "1"]).exit_code == 0
    manifest = build(composition(root, faulty="skip"), tmp_path / "out", check=True)
    assert manifest["left_out"]["faulty_media"]["count"] == 2
    assert "hateful_memes/01000/hate" not in (tmp_path / "out/splits.jsonl").read_text()
    assert "2 media that are missing or broken" in (tmp_path / "out/README.md").read_text()


@pytest.mark.slow
def test_a_stopped_media_check_goes_on(tmp_path, monkeypatch):
    from emobench_data.media import check as media_check

    root = data_sets(tmp_path / "sets", media=True)
    build(composition(root), tmp_path / "a", check=True)
    build(composition(root), tmp_path / "b", check=True)
    cache = tmp_path / "b" / MEDIA_CACHE
    lines = cache.read_bytes().splitlines(keepends=True)
    cache.write_bytes(b"".join(lines[:50]) + lines[50][:20])
    opened = []
    original = media_check.examine
    monkeypatch.setattr(media_check, "examine", lambda path, *rest: opened.append(path) or original(path, *rest))
    build(composition(root), tmp_path / "b", check=True)
    checks = sum(line.startswith(b'["check ') for line in lines)
    assert len(opened) == checks - 50
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    del a[MEDIA_CACHE], b[MEDIA_CACHE]
    assert a == b
    write_picture(opened[0], colour=(1, 2, 3), size=(9, 9))  # a file that changed is opened again
    opened.clear()
    build(composition(root), tmp_path / "b", check=True)
    assert len(opened) == 1


def test_leaks_are_taken_out_of_training_and_counted(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    media = media_of(root)
    same = media["emoset/image/awe/awe_00032.jpg"].read_bytes()  # in test
    media["hateful_memes/img/01000.png"].write_bytes(same)  # in train
    media["intentonomy/low/24.jpg"].write_bytes(same)  # in val
    unchecked = build(composition(root), tmp_path / "out", figures=False)
    assert unchecked["left_out"]["leaks"]["count"] == 0
    manifest = build(composition(root), tmp_path / "out", check=True, figures=False)
    found = manifest["left_out"]["content_leaks"]
    assert found["by_kind"] == {"train, content": 1, "val, content": 1}
    assert {leak["id"] for leak in found["examples"]} == {"hateful_memes/01000/hate", "intentonomy/24/intent"}
    kept = {line["id"] for line in read_lines(tmp_path / "out/splits.jsonl")}
    assert "hateful_memes/01000/hate" not in kept and "emoset/awe_00032/emo_c" in kept
    assert "train, content: 1" in (tmp_path / "out/README.md").read_text()


@pytest.mark.slow
def test_lengths_of_clips_are_drawn_when_they_are_known(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    assert "figures/durations.png" not in build(composition(root), tmp_path / "out")["figures"]
    assert "figures/durations.png" in build(composition(root), tmp_path / "out", check=True)["figures"]


def test_a_data_set_behind_a_link_but_no_medium_behind_one(tmp_path, monkeypatch):
    root = data_sets(tmp_path / "sets", media=True)
    (root / "emoset").rename(tmp_path / "elsewhere")
    (root / "emoset").symlink_to(tmp_path / "elsewhere")
    build(composition(root), tmp_path / "out", check=True, figures=False)
    picture = tmp_path / "elsewhere/image/awe/awe_00000.jpg"
    picture.rename(tmp_path / "secret.jpg")
    picture.symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(InputError, match="awe_00000.jpg .leads out of the folder; .*set EMOLLM_FOLLOW_LINKS=1"):
        build(composition(root), tmp_path / "out", check=True)
    monkeypatch.setenv("EMOLLM_FOLLOW_LINKS", "1")
    build(composition(root), tmp_path / "out", check=True, figures=False)


def test_a_clip_without_frames_and_a_picture_too_large(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    write_sound(root / "hatemm/hate_videos/hate_video_1.mp4")
    (root / "hateful_memes/img/01000.png").write_bytes(huge_png())
    line = refused("build", write_config(root), "--out", tmp_path / "out", "--check-media")
    assert "hate_video_1.mp4 (holds sound and no pictures)" in line
    assert "01000.png (10,000,000,000 pixels, too large: at most 100,000,000 are read; make it smaller)" in line
