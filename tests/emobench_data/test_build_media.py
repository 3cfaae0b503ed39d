"""Media in a build: checked, left out, made into storyboards, and kept from leaking between the splits."""

import pytest

from emobench_data import InputError
from emobench_data.build import MEDIA_CACHE, build

from .compose import composition, contents, data_sets, media_of, write_config
from .make import read_lines, write_picture, write_sound
from .test_cli import refused
from .test_media import huge_png


def test_clips_become_storyboards(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    build(composition(root, videos="storyboards"), tmp_path / "out")
    asked = [line for line in read_lines(tmp_path / "out/questions.jsonl") if "hatemm" in line["question_id"]]
    assert asked and all((root / line["image"]).is_file() and "four frames" in line["text"] for line in asked)
    assert "hatemm" in (tmp_path / "out/vlmevalkit/EmoBench_hate.tsv").read_text()


def test_faulty_media_are_refused_or_left_out(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    (root / "hateful_memes/img/01000.png").write_bytes(b"no picture")
    (root / "hatemm/hate_videos/hate_video_1.mp4").unlink()
    line = refused("build", write_config(root), "--out", tmp_path / "out", "--check-media")
    assert "2 of" in line and "img/01000.png (text, not a picture" in line and "hate_video_1.mp4 (missing)" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MEDIA_CACHE]
    manifest = build(composition(root, faulty="skip"), tmp_path / "out", check=True)
    assert manifest["left_out"]["faulty_media"]["count"] == 2
    assert "hateful_memes/01000/hate" not in (tmp_path / "out/splits.jsonl").read_text()
    assert "2 media that are missing or broken" in (tmp_path / "out/README.md").read_text()


def test_a_stopped_media_check_goes_on(tmp_path, monkeypatch):
    from emobench_data import media_check

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


def test_lengths_of_clips_are_drawn_when_they_are_known(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    assert "figures/durations.png" not in build(composition(root), tmp_path / "out")["figures"]
    assert "figures/durations.png" in build(composition(root), tmp_path / "out", check=True)["figures"]


def test_a_data_set_behind_a_link_but_no_medium_behind_one(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    (root / "emoset").rename(tmp_path / "elsewhere")
    (root / "emoset").symlink_to(tmp_path / "elsewhere")
    build(composition(root), tmp_path / "out", check=True, figures=False)
    picture = tmp_path / "elsewhere/image/awe/awe_00000.jpg"
    picture.rename(tmp_path / "secret.jpg")
    picture.symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(InputError, match="awe_00000.jpg .leads out of the folder"):
        build(composition(root), tmp_path / "out", check=True)


def test_a_clip_without_frames_and_a_picture_too_large(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    write_sound(root / "hatemm/hate_videos/hate_video_1.mp4")
    (root / "hateful_memes/img/01000.png").write_bytes(huge_png())
    line = refused("build", write_config(root), "--out", tmp_path / "out", "--check-media")
    assert "hate_video_1.mp4 (holds sound and no pictures)" in line
    assert "01000.png (10,000,000,000 pixels, too large: at most 100,000,000 are read; make it smaller)" in line
