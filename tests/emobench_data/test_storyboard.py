"""A clip becomes one picture of its first, middle and last frames."""

import os

import numpy as np
import pytest
from PIL import Image

from emobench_data import InputError, storyboard
from emobench_data.storyboard import tile

from .make import write_clip


def test_tiles_are_in_reading_order():
    board = tile([np.full((10, 20, 3), grey, np.uint8) for grey in (10, 20, 30, 40)])
    assert board.size == (40, 20)
    assert [board.getpixel(place)[0] for place in ((1, 1), (39, 1), (1, 19), (39, 19))] == [10, 20, 30, 40]


def test_large_frames_are_reduced():
    assert tile([np.zeros((1080, 1920, 3), np.uint8)] * 4).size == (672, 378)


def test_written_beside_the_clip_once(tmp_path):
    write_clip(tmp_path / "a/c.mp4")
    assert storyboard.storyboard(tmp_path, "a/c.mp4") == "a/c.mp4.storyboard.jpg"
    board = tmp_path / "a/c.mp4.storyboard.jpg"
    assert Image.open(board).size == (192, 128)
    tiles = [Image.open(board).convert("L").getpixel(place) for place in ((9, 9), (150, 9), (9, 99), (150, 99))]
    assert tiles == pytest.approx([0, 75, 150, 225], abs=5)  # of ten frames from 0 to 225
    board.write_bytes(b"kept")
    storyboard.storyboard(tmp_path, "a/c.mp4")
    assert board.read_bytes() == b"kept"
    later = board.stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "a/c.mp4", ns=(later, later))
    storyboard.storyboard(tmp_path, "a/c.mp4")
    assert board.read_bytes() != b"kept"


def test_no_such_clip(tmp_path):
    with pytest.raises(InputError, match="no such clip"):
        storyboard.storyboard(tmp_path, "a.mp4")


def test_a_link_out_of_the_folder(tmp_path):
    write_clip(tmp_path / "secret/c.mp4")
    (tmp_path / "media").mkdir()
    (tmp_path / "media/c.mp4").symlink_to(tmp_path / "secret/c.mp4")
    with pytest.raises(InputError, match="leads out of the media folder"):
        storyboard.storyboard(tmp_path / "media", "c.mp4")
    assert list((tmp_path / "secret").iterdir()) == [tmp_path / "secret/c.mp4"]
