"""A clip becomes one picture of its first, middle and last frames."""

import os

import numpy as np
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.media import storyboard
from emobench_data.media.check import MediaFile
from emobench_data.media.storyboard import tile

from ..make import write_clip


def test_tiles_are_in_reading_order():
    board = tile([np.full((10, 20, 3), grey, np.uint8) for grey in (10, 20, 30, 40)])
    assert board.size == (40, 20)
    assert [board.getpixel(place)[0] for place in ((1, 1), (39, 1), (1, 19), (39, 19))] == [10, 20, 30, 40]


def test_large_frames_are_reduced():
    assert tile([np.zeros((1080, 1920, 3), np.uint8)] * 4).size == (672, 378)


def below(root, into, *names):
    """Faults of the storyboards of the clips below `root`."""
    return storyboard.storyboards({name: MediaFile(root, name, "video") for name in names}, into)


def test_written_below_another_folder_once(tmp_path):
    write_clip(tmp_path / "a/c.mp4")
    os.chmod(tmp_path / "a", 0o500)
    assert below(tmp_path, tmp_path / "out", "a/c.mp4") == {}
    board = tmp_path / "out/a/c.mp4.storyboard.jpg"
    assert Image.open(board).size == (192, 128)
    tiles = [Image.open(board).convert("L").getpixel(place) for place in ((9, 9), (150, 9), (9, 99), (150, 99))]
    assert tiles == pytest.approx([0, 75, 150, 225], abs=5)  # of ten frames from 0 to 225
    before = board.stat().st_mtime_ns
    below(tmp_path, tmp_path / "out", "a/c.mp4")
    assert board.stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["replaced", "older", "reader", "root", "spoilt"])
def test_a_picture_of_what_is_no_longer_there_is_drawn_anew(tmp_path, monkeypatch, change):
    root, out = tmp_path / "a", tmp_path / "out"
    write_clip(root / "c.mp4")
    below(root, out, "c.mp4")
    board = out / "c.mp4.storyboard.jpg"
    before = board.stat().st_mtime_ns
    if change == "replaced":
        write_clip(root / "c.mp4", greys=range(250, 0, -25))
    elif change == "older":  # a clip that was restored from elsewhere may be older than the picture
        os.utime(root / "c.mp4", ns=(1, 1))
    elif change == "reader":
        monkeypatch.setattr(storyboard, "reader_version", lambda: "mended")
    elif change == "root":
        write_clip(tmp_path / "b/c.mp4", greys=range(250, 0, -25))
        root = tmp_path / "b"
    else:
        board.write_bytes(b"spoilt")
    below(root, out, "c.mp4")
    first = Image.open(board).convert("L").getpixel((9, 9))
    assert board.stat().st_mtime_ns > before and first == pytest.approx(250 if change in ("replaced", "root") else 0, abs=5)


def test_written_beside_the_clip(tmp_path):
    write_clip(tmp_path / "a/c.mp4")
    assert storyboard.storyboard(tmp_path, "a/c.mp4") == "a/c.mp4.storyboard.jpg"
    assert (tmp_path / "a/c.mp4.storyboard.jpg").is_file()


def test_no_such_clip(tmp_path):
    with pytest.raises(InputError, match="a.mp4: missing"):
        storyboard.storyboard(tmp_path, "a.mp4")


def test_a_link_out_of_the_folder(tmp_path):
    write_clip(tmp_path / "secret/c.mp4")
    (tmp_path / "media").mkdir()
    (tmp_path / "media/c.mp4").symlink_to(tmp_path / "secret/c.mp4")
    with pytest.raises(InputError, match="leads out of the folder; .*set EMOLLM_FOLLOW_LINKS=1"):
        storyboard.storyboard(tmp_path / "media", "c.mp4")
    assert list((tmp_path / "secret").iterdir()) == [tmp_path / "secret/c.mp4"]
