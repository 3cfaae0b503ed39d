"""Each reader gives the frames that a player shows, over codec x container x length of a group x B-frames.

Frame k carries k in binary, a bit a column, so that one frame cannot pass for another.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from emobench_data.media.video import READERS, Sampling, by_decord, decode, probe, read, read_frames

BITS, WIDE, HIGH = 6, 16, 32
COUNT = 40
GROUPS = (5, 250)  # frames; the second is longer than the clip
H264 = {"preset": "ultrafast", "bf": "0"}
# Codec: its name for FFmpeg, and its options beside the length of a group.
CODECS = {
    "h264": ("libx264", H264),
    "h264, B-frames": ("libx264", {"bf": "2"}),
    "h264, open groups": ("libx264", {"bf": "3", "x264-params": "open-gop=1:b-pyramid=normal"}),
    "h264, refreshed line by line": ("libx264", {"bf": "0", "intra-refresh": "1"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:bframes=2"}),
    "mpeg4": ("mpeg4", {}),
    "mpeg4, B-frames": ("mpeg4", {"bf": "2"}),
    "mpeg2": ("mpeg2video", {"bf": "2"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    "wmv2": ("wmv2", {}),
    "mjpeg": ("mjpeg", {}),
}
CONTAINERS = {
    "mp4": ("h264", "h264, B-frames", "h264, open groups", "h264, refreshed line by line", "hevc", "mpeg4, B-frames", "vp9"),
    "mov": ("h264, B-frames", "mpeg2"),
    "matroska": ("h264, B-frames", "h264, open groups", "hevc", "mpeg4, B-frames", "vp9"),
    "avi": ("h264", "h264, B-frames", "h264, open groups", "mpeg4", "mpeg4, B-frames", "mpeg2", "mjpeg", "wmv2"),
    "mpegts": ("h264", "h264, B-frames", "hevc", "mpeg2"),
    "mpeg": ("h264, B-frames", "mpeg2"),
    "asf": ("h264, B-frames", "wmv2"),
    "flv": ("h264, B-frames",),
}
CASES = [(container, codec, group) for container, codecs in CONTAINERS.items() for codec in codecs for group in GROUPS]
# What decord 0.6.0 reads right, when it is asked for.
BY_DECORD = {
    ("mp4", "h264"),
    ("mp4", "h264, B-frames"),
    ("mp4", "vp9"),
    ("mov", "h264, B-frames"),
    ("matroska", "h264, B-frames"),
    ("matroska", "vp9"),
}


def picture(number):
    bits = [255 * (number >> bit & 1) for bit in range(BITS)]
    return np.broadcast_to(np.repeat(bits, WIDE)[None, :, None], (HIGH, BITS * WIDE, 3)).astype(np.uint8)


def number_of(pixels):
    columns = pixels[HIGH // 4 : -HIGH // 4, WIDE // 2 :: WIDE].mean((0, 2))
    return sum(1 << bit for bit, grey in enumerate(columns) if grey > 128)


def write(path, container, codec, group, count=COUNT, start=0):
    name, options = CODECS[codec]
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(name, rate=25, options={"g": str(group), **options})
        stream.width, stream.height = BITS * WIDE, HIGH
        stream.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(number)), format="rgb24")
            frame.pts = start + number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


class Clip(NamedTuple):
    path: Path
    numbers: list[int]  # of its frames as a player shows them: from decoding all of it


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A clip of each case, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("matrix")

    @cache
    def clip(container, codec, group):
        path = write(folder / f"{container}-{codec}-{group}".replace(" ", ""), container, codec, group)
        with av.open(str(path)) as file:
            return Clip(path, [number_of(frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)])

    return clip


def wanted(count):
    return [0] if count == 1 else np.linspace(0, COUNT - 1, count).round().astype(int).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("container", "codec", "group"), CASES)
def test_the_frames_that_a_player_shows(clips, container, codec, group, reader):
    if reader == "decord":
        pytest.importorskip("decord")
    clip = clips(container, codec, group)
    assert clip.numbers == list(range(COUNT))
    for count in (1, 2, 3, 8, COUNT):
        found = read_frames(clip.path, Sampling(frames=count), reader=reader)
        numbers = [number_of(pixels) for pixels in found.pixels]
        assert numbers == (found.times * 25).round().astype(int).tolist() and found.spoilt == 0
        # Halves of a frame's time are rounded either way.
        assert np.abs(np.array(numbers) - wanted(count)).max() <= (count not in (1, 2, COUNT)), (count, numbers)


@pytest.mark.parametrize(("container", "codec", "group"), CASES)
def test_decord_is_asked_where_it_is_right_and_nowhere_else(clips, container, codec, group):
    pytest.importorskip("decord")
    found = by_decord.by_decord(probe(clips(container, codec, group).path), [0, 7, 20, COUNT - 1])
    assert (found is not None) == ((container, codec) in BY_DECORD) or (codec, group) == ("h264, refreshed line by line", 250)
    if found is not None:
        assert [number_of(pixels) for pixels in found.values()] == list(found)


def test_decord_is_wrong_on_what_it_is_not_asked(clips):
    """Should a later decord read these right, more can be left to it."""
    decord = pytest.importorskip("decord")
    wrong = []
    for container, codec, group in CASES:
        if group == 5 and (container, codec) not in BY_DECORD:
            clip = decord.VideoReader(str(clips(container, codec, group).path), num_threads=1)
            numbers = [7, 20, 31]
            wrong.append([number_of(pixels) for pixels in clip.get_batch(numbers).asnumpy()] != numbers)
    assert sum(wrong) > len(wrong) / 2


@pytest.mark.parametrize("codec", ["h264, B-frames", "h264, open groups", "mpeg4, B-frames"])
@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_seek_is_enough_where_the_container_says_when_a_frame_is_shown(clips, monkeypatch, container, codec):
    monkeypatch.setattr(read, "by_decoding", lambda *_: pytest.fail("decoded from the start"))
    for group in GROUPS:
        read_frames(clips(container, codec, group).path, Sampling(frames=13))


def test_a_clip_whose_first_frame_is_shown_late(tmp_path):
    path = write(tmp_path / "c.mp4", "mp4", "h264, B-frames", 12, start=40)
    assert [number_of(pixels) for pixels in read_frames(path, Sampling(frames=4)).pixels] == wanted(4)


def test_frames_that_come_out_in_another_order_than_the_packets_say_are_not_taken(clips):
    """AVI keeps the order of decoding, from which FFmpeg guesses the times of H.264's B-frames, wrongly."""
    clip = probe(clips("avi", "h264, B-frames", 12).path)
    assert not clip.timed
    found = decode.by_seeking(clip, [9, 20])
    assert found is None or [number_of(pixels) for pixels in found.values()] == [9, 20]
