"""Faulty media are all found, named and counted in one pass."""

import os
import struct
import zlib

import av
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.media.check import MediaFile, check_all, media_cache, refuse
from emobench_data.media.video import CLIPS

from ..make import write_clip, write_picture, write_sound

FRONT = {"movflags": "+faststart"}  # the index comes first, so that a cut-off file still opens


def check(root, *names):
    media = {name: MediaFile(root, name, "video" if name.endswith("mp4") else "image") for name in names}
    with media_cache(None) as cache:
        faults, _ = check_all(media, cache)
    refuse(faults, len(media), root, way_out="get them")


def huge_png() -> bytes:
    """The header of a picture of 100,000 x 100,000 pixels, and no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_sound_media_pass(tmp_path):
    write_picture(tmp_path / "a/1.jpg")
    write_picture(tmp_path / "a/2.png")
    write_clip(tmp_path / "a/3.mp4")
    odd = {"CMYK": "jpg", "P": "png", "LA": "png", "1": "png", "L": "jpg"}
    for mode, suffix in odd.items():
        Image.new(mode, (1, 1)).save(tmp_path / f"a/{mode}.{suffix}")
    check(tmp_path, "a/1.jpg", "a/2.png", "a/3.mp4", *(f"a/{mode}.{suffix}" for mode, suffix in odd.items()))


def write_faulty(root):
    write_picture(root / "cut.jpg", size=(400, 400))
    whole = (root / "cut.jpg").read_bytes()
    (root / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "text.jpg").write_bytes(b"<html>404</html>")
    (root / "empty.png").write_bytes(b"")
    (root / "bomb.png").write_bytes(huge_png())
    (root / "clip.mp4").write_bytes(b"nothing")
    (root / "folder.jpg").mkdir()
    write_clip(root / "whole.mp4", range(40))
    with av.open(str(root / "whole.mp4")) as whole, av.open(str(root / "cut.mp4"), "w", options=FRONT) as moved:
        stream = moved.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.size:
                packet.stream = stream
                moved.mux(packet)
    with av.open(str(root / "cut.mp4")) as moved:
        ends = [packet.pos for packet in moved.demux(video=0) if packet.size]
    write_sound(root / "sound.mp4")
    os.truncate(root / "cut.mp4", ends[30])
    with av.open(str(root / "still.mp4"), "w") as container:
        container.add_stream("mpeg4", rate=10, width=64, height=48)
        container.start_encoding()  # a picture stream, and not one frame in it
    (root / "list.mp4").write_bytes(b"ffconcat version 1.0\nfile whole.mp4\n")  # FFmpeg would open the other file
    (root / "list.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    Image.new("L", (40_000, 2)).save(root / "wide.png")  # padded to a square it would take 5 GB
    Image.new("F", (9, 9)).save(root / "float.tif")
    os.mkfifo(root / "pipe.jpg")
    (root / "circle.jpg").symlink_to(root / "circle.jpg")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("gone.jpg", "missing"),
        ("folder.jpg", "a folder, not a picture; if it holds the frames of a clip, name it under 'video'"),
        ("cut.jpg", "truncated"),
        ("text.jpg", r"a web page \(HTML\), not a picture"),
        ("empty.png", "an empty file, not a picture"),
        ("bomb.png", "10,000,000,000 pixels, too large: at most 100,000,000 are read; make it smaller"),
        ("wide.png", "40000 x 2 pixels, too large: a side of at most 16,384 is read; make it smaller"),
        ("float.tif", "floating point, which is not read; save it in RGB with 8 bits"),
        ("clip.mp4", "text, not a clip"),
        ("cut.mp4", "truncated, 30 of 40 frames"),
        ("sound.mp4", "holds sound and no pictures"),
        ("still.mp4", "holds no pictures"),
        ("list.mp4", "a playlist, not a clip; give the clips that it names"),
        ("list.jpg", "PostScript, not a picture"),
        ("pipe.jpg", "missing"),
        ("circle.jpg", "leads out of the folder"),
        ("x" * 300 + ".jpg", "missing"),
    ],
)
def test_each_fault_is_named(tmp_path, name, fault):
    write_faulty(tmp_path)
    write_picture(tmp_path / "good.jpg")
    with pytest.raises(InputError, match=rf"1 of 2 media of .*{name} \(.*{fault}"):
        check(tmp_path, "good.jpg", name)


def test_five_are_named_and_all_are_counted(tmp_path):
    with pytest.raises(InputError, match=r"8 of 8 media .*4.jpg \(missing\) and 3 more; get") as caught:
        check(tmp_path, *(f"{i}.jpg" for i in range(8)))
    assert "5.jpg" not in str(caught.value)


def test_a_link_out_of_the_folder(tmp_path):
    write_picture(tmp_path / "secret.jpg")
    (tmp_path / "media").mkdir()
    (tmp_path / "media/1.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(InputError, match="leads out of the folder"):
        check(tmp_path / "media", "1.jpg")


def test_a_list_of_files_is_no_clip(tmp_path):
    """FFmpeg opens what such a list names, unless it is told which formats to admit."""
    write_faulty(tmp_path)
    with av.open(str(tmp_path / "list.mp4")) as followed:
        assert followed.format.name == "concat"
    with pytest.raises(av.FFmpegError):
        av.open(str(tmp_path / "list.mp4"), container_options=CLIPS)
    with av.open(str(tmp_path / "whole.mp4"), container_options=CLIPS) as clip:
        assert "mp4" in clip.format.name
