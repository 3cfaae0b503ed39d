"""Clips that are no video files: folders of frames, and pictures that move; and clips of which a part is spoilt."""

import logging
import os

import numpy as np
import pytest
from PIL import Image

from emobench_data.media.check import MediaFile, check_all, media_cache
from emobench_data.media.examine import examine
from emobench_data.media.storyboard import drawn
from emobench_data.media.video import READERS, ClipFault, FrameCache, Sampling, read_frames

from ...odd_media import LAID, PICTURES, UPRIGHT, write_clip, write_spoilt

EIGHT = Sampling(frames=8)


def greys(frames):
    return [round(float(frame.mean())) for frame in frames.pixels]


def write_frames(folder, names, size=(40, 24)):
    """Frame k of the folder is grey of 10 k."""
    folder.mkdir()
    for number, name in enumerate(names):
        Image.new("L", size, 10 * number).save(folder / name, quality=95)
    return folder


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_of_frames_is_a_clip_in_the_order_of_its_numbers(tmp_path, reader):
    folder = write_frames(tmp_path / "00042", [f"frame{k}.jpg" for k in range(12)])
    (folder / "._frame0.jpg").write_bytes(b"what a Mac leaves")
    (folder / "Thumbs.db").write_bytes(b"what Windows leaves")
    frames = read_frames(folder, Sampling(frames=4), reader=reader)
    assert frames.pixels.shape == (4, 24, 40, 3) and greys(frames) == pytest.approx([0, 40, 70, 110], abs=1)
    assert np.isnan(frames.times).all() and frames.spoilt == 0
    assert read_frames(folder, EIGHT, side=12).pixels.shape == (8, 12, 20, 3)
    assert greys(read_frames(folder, Sampling(frames=24))) == sorted(greys(read_frames(folder, Sampling(frames=24))))
    assert examine(folder, "video", tmp_path) == (None, None, 0)
    assert len(drawn(folder)) > 100


def test_frames_of_a_folder_are_kept_until_one_changes(tmp_path):
    folder = write_frames(tmp_path / "clip", [f"{k:04}.png" for k in range(8)])
    cache = FrameCache(tmp_path / "cache", limit=10**7)
    first = cache.frames(folder, EIGHT)
    assert greys(cache.frames(folder, EIGHT)) == greys(first) == list(range(0, 80, 10)) and cache.counts() == (1, 1)
    Image.new("L", (40, 24), 200).save(folder / "0003.png")
    assert greys(cache.frames(folder, EIGHT))[3] == 200


def test_frames_of_a_folder_are_seen_upright(tmp_path):
    (tmp_path / "clip").mkdir()
    for turn in LAID:
        PICTURES[f"turned{turn}.jpg"](tmp_path / f"clip/{turn}.jpg")
    frames = read_frames(tmp_path / "clip", Sampling(frames=len(LAID))).pixels
    assert all(np.abs(frame - UPRIGHT).mean() < 8 for frame in frames)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: [file.unlink() for file in folder.iterdir()], "a folder without pictures"),
        (lambda folder: Image.new("L", (9, 9)).save(folder / "2.png"), "the frames change their size within the clip"),
        (
            lambda folder: [(folder / f"{k}.png").write_bytes(b"") for k in range(5)],
            r"5 of 8 frames that are read are faulty, such as 0.png \(an empty file",
        ),
        (
            lambda folder: [
                os.replace(folder / f"{k}.png", folder.parent / f"{k}.png")
                or (folder / f"{k}.png").symlink_to(folder.parent / f"{k}.png")
                for k in range(8)
            ],
            r"such as 0.png \(leads out of the folder",
        ),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused_in_one_line(tmp_path, change, said):
    change(write_frames(tmp_path / "clip", [f"{k}.png" for k in range(8)]))
    with pytest.raises(ClipFault, match=said):
        read_frames(tmp_path / "clip", EIGHT)
    assert examine(tmp_path / "clip", "video", tmp_path).fault


def test_seconds_are_not_asked_of_frames_that_have_none(tmp_path):
    folder = write_frames(tmp_path / "clip", ["1.png", "2.png"])
    for sampling in (Sampling(frames=2, fps=1.0), Sampling(frames=2, around=1.0)):
        with pytest.raises(ClipFault, match="frames in a folder have no times; choose them by their number alone"):
            read_frames(folder, sampling)


def test_a_frame_that_is_spoilt_is_its_neighbour(tmp_path):
    folder = write_frames(tmp_path / "clip", [f"{k}.png" for k in range(8)])
    (folder / "3.png").write_bytes(b"")
    (folder / "7.png").write_bytes(b"")
    frames = read_frames(folder, EIGHT)
    assert greys(frames) == [0, 10, 20, 20, 40, 50, 60, 60] and frames.spoilt == 2


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_a_picture_that_moves_is_a_clip_at_its_own_times(tmp_path, suffix):
    frames = [Image.new("RGB", (40, 24), (40 * k, 0, 0)) for k in range(5)]
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 100, 100, 700, 100], lossless=True)
    read = read_frames(path, Sampling(frames=5))
    reds = dict(zip(read.times.round(2).tolist(), read.pixels[:, 0, 0, 0].tolist()))
    assert reds.items() <= {0.0: 0, 0.1: 40, 0.2: 80, 0.3: 120, 1.0: 160}.items() and {0.0, 0.3, 1.0} <= reds.keys()
    assert read_frames(path, Sampling(frames=3, fps=10)).pixels[:, 0, 0, 0].tolist() == [0, 40, 80]
    assert examine(path, "video", tmp_path).fault is None


def test_a_picture_of_one_frame_is_a_clip_where_a_record_says_so(tmp_path):
    Image.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "still.gif")
    assert greys(read_frames(tmp_path / "still.gif", EIGHT)) == [9] * 8
    assert [examine(tmp_path / "still.gif", kind, tmp_path).fault for kind in ("image", "video")] == [None, None]


@pytest.mark.parametrize("reader", READERS)
def test_a_clip_of_which_the_middle_is_spoilt_goes_on_with_what_decodes(tmp_path, reader, caplog):
    path = write_spoilt(tmp_path / "c.mp4")
    whole = greys(read_frames(write_clip(tmp_path / "whole.mp4"), Sampling(frames=20)))
    frames = read_frames(path, Sampling(frames=20), reader=reader)
    assert 0 < frames.spoilt <= 10 and (np.diff(frames.times) >= 0).all()
    numbers = (frames.times * 10).round().astype(int)
    assert greys(frames) == pytest.approx([whole[number] for number in numbers], abs=3), "none that builds on a spoilt one"
    assert len(set(numbers)) == 20 - frames.spoilt and set(numbers) >= {0, 1, 18, 19}
    with media_cache(tmp_path / "checked") as cache, caplog.at_level(logging.WARNING):
        media = {name: MediaFile(tmp_path, name, "video") for name in ("c.mp4", "whole.mp4")}
        assert check_all(media, cache, Sampling(frames=20))[0] == {}
    assert "1 clips have frames that do not decode, for which the nearest are read: c.mp4" in caplog.text


@pytest.mark.parametrize("part", [(0.0, 0.3), (0.3, 0.4), (0.7, 1.0)])
def test_the_nearest_frame_that_decodes_stands_for_one_that_does_not(tmp_path, part):
    path = write_spoilt(tmp_path / "c.mp4", *part)
    decode = set((read_frames(path, Sampling(frames=20)).times * 10).round().astype(int).tolist())
    frames = read_frames(path, Sampling(frames=5))
    wanted = Sampling(frames=5).choose(np.arange(20))
    nearest = [min(abs(number - other) for other in decode) for number in wanted]
    assert np.abs((frames.times * 10).round() - wanted).tolist() == nearest and max(nearest) > 0
    assert frames.spoilt == sum(distance > 0 for distance in nearest)


def test_a_clip_of_which_most_is_spoilt_is_refused(tmp_path):
    path = write_spoilt(tmp_path / "c.mp4", 0.2, 0.95)
    with pytest.raises(ClipFault, match=r"1\d of its 20 frames cannot be decoded; get the file again"):
        read_frames(path, EIGHT)


@pytest.mark.parametrize("title", ["Gefühl".encode("latin-1"), "情感视频".encode("gbk")])
def test_a_title_in_any_encoding(tmp_path, title):
    path = write_clip(tmp_path / "c.mp4", title=title)
    assert title in path.read_bytes()
    assert examine(path, "video", tmp_path) == (None, pytest.approx(2.0, abs=0.2), 0)
