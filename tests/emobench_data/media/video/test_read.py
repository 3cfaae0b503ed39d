"""Frames at known times, by decord and by PyAV, and one clear line for every clip that cannot be read."""

import multiprocessing
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.media.video import READERS, ClipFault, Sampling, decode, probe, read_frames

from ...make import write_sound
from .clips import GREYS, LEFT, UNEVEN, make, make_cut, make_resized, make_song, make_turned, make_without_frames

TEN = Sampling(frames=10)


@pytest.fixture(params=READERS)
def reader(request):
    if request.param == "decord" and not find_spec("decord"):
        pytest.skip("decord is not installed")
    return request.param


def greys(frames):
    return [round(float(frame.mean())) for frame in frames.pixels]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("h264.mp4", {}),
        ("one_key_frame.mp4", {"gop": 100}),
        ("every_key.mp4", {"gop": 1}),
        ("mpeg4.mp4", {"codec": "mpeg4"}),
        ("matroska.mkv", {"format": "matroska"}),
        ("av1.mp4", {"codec": "libsvtav1", "gop": 100}),
        ("animated.gif", {"codec": "gif", "pixels": "rgb8"}),
        ("stream.ts", {"format": "mpegts"}),
        ("old.avi", {"codec": "mpeg4"}),
        ("alpha.mov", {"codec": "qtrle", "pixels": "argb"}),
        ("alpha.webm", {"codec": "libvpx-vp9", "pixels": "yuva420p"}),
        ("large_and_small.mp4", {"sizes": ((96, 64), (48, 32))}),
        ("two_alike.mkv", {"sizes": ((96, 64), (96, 64)), "format": "matroska"}),
    ],
)
def test_every_container_gives_its_frames_in_order(tmp_path, reader, name, how):
    frames = read_frames(make(tmp_path / name, **how), TEN, reader=reader)
    assert frames.pixels.shape == (10, 64, 96, 3) and frames.pixels.dtype == np.uint8
    assert greys(frames) == pytest.approx(list(range(0, 250, 25)), abs=4)
    assert frames.times == pytest.approx(np.arange(10) / 10, abs=0.011)


def test_a_bare_stream_has_an_order_and_no_times(tmp_path, reader):
    frames = read_frames(make(tmp_path / "c.h264", format="h264"), Sampling(frames=4), reader=reader)
    assert greys(frames) == pytest.approx([0, 75, 150, 225], abs=4) and (np.diff(frames.times) > 0).all()


@pytest.mark.parametrize("large", [(96, 64), (640, 360)])
def test_of_two_streams_the_larger_pictures_count_wherever_they_stand(tmp_path, reader, large):
    frames = read_frames(make(tmp_path / "c.mkv", sizes=((64, 48), large)), TEN, reader=reader)
    assert frames.pixels.shape == (10, *large[::-1], 3)
    assert greys(frames) == pytest.approx(list(range(255, 5, -25)), abs=4)


def test_frames_far_apart_and_frames_close_together(tmp_path, reader):
    """Seeks across key frames, steps within them, and both from one clip."""
    path = make(tmp_path / "c.mp4", greys=range(200), gop=25)
    far = read_frames(path, Sampling(frames=4), reader=reader)
    near = read_frames(path, Sampling(frames=3, around=12.05, span=0.3), reader=reader)
    assert greys(far) == pytest.approx([0, 66, 133, 199], abs=3)
    assert greys(near) == pytest.approx([119, 120, 122], abs=2.5)
    assert near.times == pytest.approx([11.9, 12.0, 12.2], abs=0.11)


def test_only_what_is_needed_is_decoded(tmp_path, monkeypatch):
    path = make(tmp_path / "c.mp4", greys=range(200), gop=25)
    passed = []
    frames = decode._frames
    monkeypatch.setattr(decode, "_frames", lambda *given: (passed.append(1) or frame for frame in frames(*given)))
    read_frames(path, Sampling(frames=2))
    assert len(passed) <= 1 + 25
    passed.clear()
    read_frames(path, Sampling(frames=10, around=12.0, span=0.9))
    assert len(passed) <= 25 + 10, "without a seek where frames follow one another"


def test_after_a_seek_that_lands_too_late_everything_is_decoded(tmp_path, monkeypatch):
    frames, calls = decode._frames, []

    def late(*given):
        found = frames(*given)
        calls.append(next(found) if not calls else None)
        return found

    monkeypatch.setattr(decode, "_frames", late)
    assert greys(read_frames(make(tmp_path / "c.mp4"), TEN)) == pytest.approx(list(GREYS), abs=4)
    assert len(calls) == 2


def test_decord_is_not_taken_where_it_counts_other_frames_than_the_packets_say(tmp_path, monkeypatch):
    decord = pytest.importorskip("decord")
    monkeypatch.setattr(decord.VideoReader, "__len__", lambda self: 11)
    monkeypatch.setattr(decord.VideoReader, "get_batch", lambda self, indices: pytest.fail("decord was taken"))
    assert greys(read_frames(make(tmp_path / "c.mp4"), TEN, reader="decord")) == pytest.approx(list(GREYS), abs=4)


def test_an_unknown_reader_and_one_that_is_not_installed(tmp_path, monkeypatch):
    path = make(tmp_path / "c.mp4")
    with pytest.raises(InputError, match="unknown reader of clips 'opencv'; known: pyav, decord"):
        read_frames(path, TEN, reader="opencv")
    monkeypatch.setitem(sys.modules, "decord", None)
    monkeypatch.setenv("EMOBENCH_CLIP_READER", "decord")
    with pytest.raises(InputError, match="decord is not installed; pip install decord"):
        read_frames(path, TEN)


def test_variable_frame_rate_is_sampled_by_time(tmp_path, reader):
    path = make(tmp_path / "c.mp4", times=UNEVEN)
    frames = read_frames(path, Sampling(frames=6), reader=reader)
    assert frames.times == pytest.approx([0, 1, 2, 2, 5, 5], abs=0.02)
    assert greys(frames) == pytest.approx([0, 150, 200, 200, 225, 225], abs=4)


def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path, reader):
    """As where the beginning of a clip was cut off without encoding it anew."""
    path = make(tmp_path / "c.mp4", times=range(-300, 700, 100), gop=100)
    frames = read_frames(path, Sampling(frames=7), reader=reader)
    assert greys(frames) == pytest.approx(list(range(75, 250, 25)), abs=4)
    assert frames.times == pytest.approx(np.arange(7) / 10, abs=0.011)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_frames_are_upright_and_in_their_colours(tmp_path, reader, turns):
    frame = read_frames(make_turned(tmp_path / "c.mp4", turns), Sampling(frames=1), reader=reader).pixels[0]
    wanted = np.zeros((64, 96, 3), np.uint8)
    wanted[:, :48] = LEFT
    wanted = np.rot90(wanted, -turns)
    assert frame.shape == wanted.shape and np.abs(frame.astype(int) - wanted).mean() < 6


def test_large_frames_are_reduced_and_small_ones_left(tmp_path):
    path = make(tmp_path / "c.mp4", sizes=((200, 100),))
    assert read_frames(path, TEN, side=50).pixels.shape == (10, 50, 100, 3)
    assert read_frames(path, TEN, side=400).pixels.shape == (10, 100, 200, 3)


def write(path, content=b""):
    path.write_bytes(content)
    return path


def sound(path):
    write_sound(path)
    return path


def photograph(path):
    Image.new("RGB", (8, 8)).save(path, "JPEG")
    return path


FAULTY = {
    "missing": (lambda path: path, "no such clip"),
    "empty": (write, "an empty file, not a clip"),
    "web page": (lambda path: write(path, b"<html>404</html>" * 99), "a web page (HTML), not a clip"),
    "bytes": (lambda path: write(path, bytes(range(128, 256)) * 9), "the clip cannot be read"),
    "playlist": (lambda path: write(path, b"ffconcat version 1.0\nfile a.mp4\n"), "a playlist, not a clip; give the clips"),
    "photograph": (photograph, "a picture (JPEG), not a clip; name it under 'image'"),
    "git": (lambda path: write(path, b"version https://git-lfs.github.com/spec/v1\n"), "a Git LFS pointer, not a clip; run"),
    "codec": (lambda path: make(path, codec="wmv2", format="mpeg"), "encoded in a way that FFmpeg does not know"),
    "sound only": (sound, "holds sound and no pictures"),
    "a cover picture": (make_song, "holds sound and no pictures"),
    "zero frames": (make_without_frames, "the clip has no frame"),
    "cut, with its index": (lambda path: make_cut(path, 0.97), "truncated, 9 of 10 frames"),
    "sizes": (make_resized, "the frames change their size within the clip; bring them to one size"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_a_clip_that_cannot_be_read_is_refused_in_one_line(tmp_path, reader, kind):
    build, said = FAULTY[kind]
    path = build(tmp_path / "c.mp4")
    with pytest.raises(ClipFault) as caught:
        read_frames(path, TEN, reader=reader)
    assert said in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lost", "said"), [(200, "truncated, 0 of 10"), (900, "no pictures that can be read"), (1800, "cannot be read")]
)
def test_a_cut_clip_without_its_whole_index(tmp_path, reader, lost, said):
    path = make(tmp_path / "c.mp4")
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(ClipFault, match=said):
        read_frames(path, TEN, reader=reader)


def test_huge_clips_are_refused_before_a_frame_is_decoded(tmp_path, monkeypatch):
    module = sys.modules[probe.__module__]  # the package holds the function under the module's name
    path = make(tmp_path / "c.mp4")
    monkeypatch.setattr(module, "MAX_FRAMES", 9)
    with pytest.raises(ClipFault, match="more than 9 frames, too long; cut it into scenes"):
        probe(path)
    monkeypatch.setattr(module, "MAX_PIXELS", 1000)
    with pytest.raises(ClipFault, match="frames of 96 x 64 pixels, too large: at most 1,000 are read; scale"):
        probe(path)


def read_in_process(path, results):
    results.put(greys(read_frames(path, TEN)))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_read_what_their_parent_reads(tmp_path, start):
    """The parent has read before, so that a forked worker inherits whatever the decoders hold."""
    path = make(tmp_path / "c.mp4")
    here = greys(read_frames(path, TEN))
    context = multiprocessing.get_context(start)
    results = context.Queue()
    workers = [context.Process(target=read_in_process, args=(path, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=60) for _ in workers] == [here, here]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0


class TestSampling:
    times = np.arange(11) / 10

    def test_the_whole_clip_first_and_last_among_them(self):
        assert Sampling(frames=3).choose(self.times) == [0, 5, 10]

    def test_one_frame_is_the_first(self):
        assert Sampling(frames=1).choose(self.times) == [0]

    def test_a_fixed_rate_stays_at_the_last_frame(self):
        assert Sampling(frames=4, fps=2.5).choose(self.times) == [0, 4, 8, 10]

    def test_around_a_moment_stays_within_the_clip(self):
        assert Sampling(frames=3, around=0.5, span=0.4).choose(self.times) == [3, 5, 7]
        assert Sampling(frames=3, around=0.0, span=0.4).choose(self.times) == [0, 0, 2]

    def test_a_short_clip_repeats_frames(self):
        assert Sampling(frames=4).choose(self.times[:2]) == [0, 0, 1, 1]
        assert Sampling(frames=3).choose(self.times[:1]) == [0, 0, 0]

    def test_a_clip_that_starts_late(self):
        assert Sampling(frames=3, around=0.5, span=0.4).choose(self.times + 7) == [3, 5, 7]

    @pytest.mark.parametrize(
        "wrong", [{"frames": 0}, {"fps": 0.0}, {"fps": float("nan")}, {"around": -1.0}, {"fps": 1.0, "around": 1.0}]
    )
    def test_wrong_numbers(self, wrong):
        with pytest.raises(InputError, match="sampling: "):
            Sampling(**wrong)
