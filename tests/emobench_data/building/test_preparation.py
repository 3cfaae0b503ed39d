"""What a conversion leaves out, and what it makes beside the data set, which it only reads."""

import shutil
from dataclasses import replace

import numpy as np
import orjson
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.building.convert import convert
from emobench_data.building.image_folder import image_folder_of, link_files, link_folder, unlink_folder

from ..compose import contents
from ..conversions import made_up, twenty, visible, write_root
from ..make import one_medium, read_lines, record, write_clip, write_picture


@pytest.fixture
def root(tmp_path):
    return write_root(tmp_path / "root")


def test_faulty_media_up_to_a_share_are_left_out_and_more_are_refused(root, tmp_path):
    (root / "pictures/3.jpg").unlink()
    (root / "pictures/8.jpg").write_bytes(b"no picture")
    records = twenty(split="train")[:18] + [replace(one, split="test") for one in twenty()[18:]]
    with pytest.raises(InputError, match=r"2 of 20 media .*pictures/3.jpg \(missing\).*--faulty-media 0.02 lets"):
        convert(made_up(*records), root, tmp_path / "out")
    assert visible(tmp_path / "out") == []
    summary = convert(made_up(*records), root, tmp_path / "out", faulty=0.1)
    assert summary["left_out"]["faulty_media"] | {"examples": 0} == {
        "count": 2,
        "of": 20,
        "by_split": {"train": 2},
        "examples": 0,
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
    clips = [replace(one, media=one_medium(f"clips/{one.item}.mp4")) for one in twenty(split="train")[:6]]
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
        "made_up/1/sarcasm",
        "made_up/2/sarcasm",
    }
    kept = convert(made_up(*records), root, tmp_path / "out", near_duplicates="keep")
    assert kept["left_out"]["content_leaks"]["by_kind"] == {"train, content": 1}
    assert convert(made_up(*records), root, tmp_path / "out", check=False)["records"] == 20


def clips_and_pictures(root):
    """Two clips, and two pictures in the same folder, all in test."""
    for name, greys in (("1", range(0, 250, 25)), ("2", range(250, 0, -25))):
        write_clip(root / f"clips/{name}.mp4", greys=greys)
        write_picture(root / f"clips/{name}.jpg", colour=(5, 5, 100 * int(name)))
    return made_up(
        *(
            record(item=f"{kind}{n}", media=f"clips/{n}.{end}", split="test", answer=("Yes", "No")[n - 1])
            for kind, end in (("video", "mp4"), ("image", "jpg"))
            for n in (1, 2)
        )
    )


def test_clips_as_themselves_are_named_from_the_data_set(root, tmp_path):
    summary = convert(clips_and_pictures(root), root, tmp_path / "out", videos="clips")
    video, _, image, _ = read_lines(tmp_path / "out/questions.jsonl")
    assert video["video"] == "clips/1.mp4" and image["image"] == "clips/1.jpg" and summary["image_folder"] == ""
    assert visible(tmp_path / "out") == ["DATACARD.md", "gold.jsonl", "questions.jsonl", "summary.json"]


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
        "clips/1.mp4.storyboard.jpg",
        "clips/2.mp4.storyboard.jpg",
        "clips/1.jpg",
        "clips/2.jpg",
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


def test_what_stands_in_the_place_of_a_link_is_not_replaced(root, tmp_path):
    write_picture(tmp_path / "out/media/clips/1.jpg", colour=(1, 2, 3))
    before = contents(tmp_path / "out/media")
    with pytest.raises(InputError, match="out/media/clips/1.jpg: stands where a link to .* belongs; take another folder"):
        convert(clips_and_pictures(root), root, tmp_path / "out")
    assert contents(tmp_path / "out/media")["clips/1.jpg"] == before["clips/1.jpg"] and visible(tmp_path / "out") == ["media"]


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


@pytest.mark.parametrize("linked_before", [False, True])
def test_nothing_goes_into_a_data_set_through_one_that_holds_it(tmp_path, linked_before):
    """Pictures are made for a data set whose folder lies below another's, which an earlier benchmark may have linked."""
    outer, media = tmp_path / "data" / "faces", tmp_path / "out" / "media"
    write_picture(outer / "a.jpg")
    if linked_before:
        assert link_folder(media / "faces", outer)
    unlink_folder(media / "faces" / "memes", media)
    write_picture(media / "faces" / "memes" / "made.png")
    link_files(media, tmp_path / "data", [("faces/a.jpg", "faces/a.jpg")])
    assert contents(outer).keys() == {"a.jpg"} and (media / "faces/a.jpg").read_bytes() == (outer / "a.jpg").read_bytes()
