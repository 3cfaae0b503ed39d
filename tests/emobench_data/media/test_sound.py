"""Sound as it is read: containers, rates and channels, spans, and what each odd file prints."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emobench_data.io.errors import SoundFault
from emobench_data.media.sound import MAX_SECONDS, RATE, own_sound_fault, own_span, read_sound, sound_seconds

av = pytest.importorskip("av")

SECONDS = 8.0
# file, codec, rate, channels
FILES = (
    ("a.wav", "pcm_s16le", 44_100, "stereo"),
    ("b.flac", "flac", 48_000, "mono"),
    ("c.mp3", "libmp3lame", 22_050, "stereo"),
    ("d.ogg", "libopus", 48_000, "stereo"),
    ("e.m4a", "aac", 44_100, "mono"),
    ("f.mkv", "aac", 48_000, "5.1"),
    ("g.wav", "pcm_u8", 8_000, "mono"),
)
CHANNELS = {"mono": 1, "stereo": 2, "5.1": 6}


def sweep(rate, seconds=SECONDS):
    """A tone that rises by 100 Hz a second from 200 Hz on, so that every moment has a pitch of its own."""
    times = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * times + 50 * times**2))).astype(np.float32)


def write(path, wave, codec, rate, layout):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        context.open()
        convert = av.AudioResampler(context.format.name, layout, rate, frame_size=context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.tile(wave, (CHANNELS[layout], 1)), "fltp", layout)
        frame.rate, frame.pts = rate, 0
        for each in [*convert.resample(frame), *convert.resample(None)]:
            container.mux(stream.encode(each))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    for name, codec, rate, layout in FILES:
        write(folder / name, sweep(rate), codec, rate, layout)
    return folder


def float_wav(path, wave, *, channels=1, size=None):
    data = np.asarray(wave, np.float32).tobytes()
    form = struct.pack("<IHHIIHH", 16, 3, channels, RATE, RATE * 4 * channels, 4 * channels, 32)
    length = len(data) if size is None else size
    path.write_bytes(
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + form + b"data" + struct.pack("<I", length) + data
    )
    return path


def pitch(wave):
    return np.abs(np.fft.rfft(wave * np.hanning(len(wave)))).argmax() * RATE / len(wave)


@pytest.mark.parametrize("name", [name for name, *_ in FILES])
def test_every_format_gives_the_same_sound_whole_and_around_a_span(folder, name):
    whole = read_sound(folder / name)
    assert whole.dtype == np.float32 and abs(len(whole) - SECONDS * RATE) < 0.06 * RATE
    assert 0.25 < np.sqrt((whole**2).mean()) < 0.37  # mixed to one channel it is no louder than each was
    for start, end in ((0.0, 0.5), (3.2, 3.7), (6.1, 6.6)):  # before and behind where it seeks
        part = read_sound(folder / name, start, end)
        assert len(part) == 0.5 * RATE and pitch(part) == pytest.approx(200 + 100 * (start + end) / 2, abs=8)
        first = round(start * RATE)
        lags = range(max(first - 8, 0), first + 9)  # Matroska tells times in whole milliseconds
        assert min(np.abs(part - whole[low : low + len(part)])[800:-800].max() for low in lags) < 0.1


@pytest.mark.parametrize("name", [name for name, *_ in FILES])
def test_a_file_that_was_cut_off_is_no_shorter_sound(folder, tmp_path, name):
    content = (folder / name).read_bytes()
    cut = tmp_path / name
    cut.write_bytes(content[: len(content) * 6 // 10])
    with pytest.raises(SoundFault, match="truncated"):
        read_sound(cut)


@pytest.mark.slow
def test_what_each_odd_file_prints(folder, tmp_path):
    tone = sweep(RATE, 1.0)
    spoilt = tone.copy()
    spoilt[500] = np.nan
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "words.mp3").write_text("no sound at all " * 9)
    (tmp_path / "picture.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(600))
    hour = float_wav(tmp_path / "hour.wav", np.tile(tone, 3600))
    for path, span, words in (
        (tmp_path / "missing.wav", (), "no such file; check the folder"),
        (tmp_path / "empty.wav", (), "an empty file, not a sound; get the file again"),
        (tmp_path / "words.mp3", (), "text, not a sound"),
        (tmp_path / "picture.wav", (), "a picture .PNG., not a sound; name it under 'image'"),
        (float_wav(tmp_path / "zero.wav", []), (), "0 s of sound; get the file again"),
        (float_wav(tmp_path / "nan.wav", spoilt), (), "no numbers .NaN"),
        (float_wav(tmp_path / "loud.wav", tone * 32_768), (), "samples up to 16,384, far beyond 1; divide"),
        (hour, (), "3,600.0 s, too long: at most 30 s are heard at once; give a span"),
        (hour, (10, 45), "a span of 35.0 s, too long"),
        (hour, (5, 4), "a span from 5 to 4 s; give a start"),
        (folder / "a.wav", (20, 21), "no sound after 20 s: it ends at 8.0 s; give a span within it"),
        (folder, (), "a folder, not a sound"),
    ):
        with pytest.raises(SoundFault, match=words) as error:
            read_sound(Path(path), *span)
        assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)
    assert len(read_sound(hour, 3000.5, 3002)) == 1.5 * RATE


def test_silence_odd_channels_and_unknown_lengths_are_heard(tmp_path):
    tone = sweep(RATE, 1.0)
    assert not read_sound(float_wav(tmp_path / "silence.wav", tone * 0)).any()
    for path in (
        float_wav(tmp_path / "seven.wav", np.repeat(tone, 7), channels=7),
        float_wav(tmp_path / "streamed.wav", tone, size=0xFFFFFFFF),
    ):
        np.testing.assert_allclose(read_sound(path), tone, atol=1e-6)
    assert np.abs(read_sound(float_wav(tmp_path / "over.wav", tone * 3))).max() == 1.0


def test_a_clip_says_whether_it_has_sound(folder, tmp_path):
    silent = tmp_path / "silent.mp4"
    with av.open(str(silent), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    assert own_span(folder / "f.mkv") == (None, None) and own_span(silent) is None and own_span(tmp_path) is None
    assert sound_seconds(folder / "b.flac") == SECONDS
    with pytest.raises(SoundFault, match="holds no sound; name a file with a sound track"):
        read_sound(silent)


def test_of_a_long_clip_the_first_half_minute_is_heard_and_moving_pictures_are_silent(folder, tmp_path):
    long = tmp_path / "long.mkv"
    write(long, sweep(8000, 34.0), "flac", 8000, "mono")
    assert own_span(long) == (None, MAX_SECONDS) and len(read_sound(long, *own_span(long))) == MAX_SECONDS * RATE
    frames = [Image.new("RGB", (8, 8), (grey, 0, 0)) for grey in (0, 200)]
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert own_span(tmp_path / name) is None and own_sound_fault(tmp_path / name) == ""
    cut = tmp_path / "cut.mkv"
    cut.write_bytes((folder / "f.mkv").read_bytes()[:200])
    assert own_sound_fault(long) == "" and own_sound_fault(cut)
    with pytest.raises(SoundFault):
        own_span(tmp_path / "gone.mp4")
