"""Sound to samples: the one way in which this project reads it, of sound files and of the sound of clips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from ..io.errors import MediumFault, SoundFault
from ..io.sniff import CLIP, PICTURE, SOUND, content_of
from .pyav import load_pyav, open_container
from .sound_length import declared_seconds, ogg_is_cut

RATE = 16_000  # samples a second of what is read
MAX_SECONDS = 30.0  # what a speech encoder hears at once
# What is opened at all: other formats lead to other files (playlists).
SOUNDS = {
    "format_whitelist": "3gp,aac,aiff,amr,asf,avi,flac,flv,matroska,mov,mp3,mp4,mpeg,mpegts,ogg,w64,wav,webm",
    "protocol_whitelist": "file",
}
_TIMED = ("wav", "flac", "ogg", "mp4", "matroska")  # formats in which FFmpeg seeks by time exactly
_SEEK_AFTER = 5.0  # seconds from the start; less is decoded faster than it is sought
_RUN_UP = 1.0  # seconds that are decoded before a span: the first frames of MP4 and Ogg after a seek are not whole
_SHORT = 0.25  # seconds that a file may be shorter than it says: encoders pad, and count their padding or not
_LOUD = 8.0  # a wave above this is not in [-1, 1] at all


def read_sound(path: Path, start: float | None = None, end: float | None = None) -> np.ndarray:
    """The sound of a file as one channel: (T,) float32 in [-1, 1], 16,000 samples a second.

    Any rate, and any number of channels, which are mixed; of a clip, its first sound track. Silence is sound.

    Args:
        start: seconds from the beginning of the file, of a clip from its first frame or sample.
        end: seconds; what a span has behind the end of the sound is left out.

    Raises:
        SoundFault: it is missing, empty, no sound, without a sound track, broken or truncated, has samples that are no
            numbers, lasts more than 30 s and no span is given, or the span is longer, turned round or behind its end.
    """
    first, last = _span(path, start, end)
    with _open(path) as container:
        stream = _track(container, path)
        length = declared_seconds(container, stream)
        if end is None and length is not None and length - first > MAX_SECONDS + _SHORT:
            raise _too_long(path, f"{length:,.1f} s")
        if length is not None and first >= length:
            raise _behind(path, first, length)
        if end is None and container.format.name == "ogg" and ogg_is_cut(path):
            raise SoundFault.of(path, "truncated: its last page is cut off")
        wave, decoded = _decode(container, stream, first, last)
    if end is None and len(wave) > (MAX_SECONDS + _SHORT) * RATE:
        raise _too_long(path, f"more than {MAX_SECONDS:g} s")
    if length is not None and decoded < min(length, last) - max(_SHORT, 0.01 * length):
        raise SoundFault.of(path, f"truncated: {decoded:.1f} s of the {length:.1f} s that it says")
    if not len(wave):
        raise _behind(path, first, decoded) if decoded else SoundFault.of(path, "0 s of sound")
    return _checked(wave[: int(MAX_SECONDS * RATE)], path)


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """Samples (T,) or (channels, T) at `rate` a second as `read_sound` gives a file: (T,) float32, 16,000 a second.

    Raises:
        SoundFault: there are none, they are no numbers or far beyond 1, or they last more than 30 s.
    """
    samples, name = np.atleast_2d(np.asarray(samples, np.float32)).mean(axis=0), Path("samples")
    if not 0 < len(samples) <= (MAX_SECONDS + _SHORT) * rate:
        raise _too_long(name, f"{len(samples) / rate:,.1f} s") if len(samples) else SoundFault.of(name, "0 s of sound")
    av = load_pyav("resampling sound")
    frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
    frame.rate = rate
    resampler = av.AudioResampler("fltp", "mono", RATE)
    parts = [each.to_ndarray()[0] for given in (frame, None) for each in resampler.resample(given)]
    return _checked(np.concatenate(parts)[: int(MAX_SECONDS * RATE)], name)


def own_span(clip: Path) -> tuple[float | None, float | None] | None:
    """What is heard of a clip's own sound: all of it, or its first 30 s; None where it has none that can be heard.

    A folder of frames has none, and neither has a format that holds frames alone, such as a GIF or a bare video stream.

    Raises:
        SoundFault: it cannot be opened.
    """
    if clip.is_dir():
        return None
    try:
        with _open(clip) as container:
            stream = _known_track(container)
            if stream is None:
                return None
            seconds = declared_seconds(container, stream)
    except SoundFault:
        content = content_of(clip) if clip.is_file() else None
        if not clip.is_file() or (content and content.family in (CLIP, SOUND)):
            raise
        return None
    return (None, None) if seconds is not None and seconds <= MAX_SECONDS + _SHORT else (None, MAX_SECONDS)


def own_sound_fault(clip: Path) -> str:
    """What is wrong with that sound; empty where nothing is, and where there is none."""
    try:
        if span := own_span(clip):
            read_sound(clip, *span)
    except MediumFault as error:
        return error.fault
    return ""


def sound_seconds(path: Path) -> float | None:
    """How long a sound is by its own account, in seconds; None where it does not say. Raises as `read_sound`."""
    with _open(path) as container:
        return declared_seconds(container, _track(container, path))


def _span(path: Path, start: float | None, end: float | None) -> tuple[float, float]:
    first, last = 0.0 if start is None else float(start), math.inf if end is None else float(end)
    if not (math.isfinite(first) and 0 <= first < last):
        raise SoundFault.of(path, f"a span from {first:g} to {last:g} s", "give a start of 0 or more, and an end after it")
    if end is not None and last - first > MAX_SECONDS + 1e-6:
        raise _too_long(path, f"a span of {last - first:,.1f} s")
    return first, last


def _too_long(path: Path, what: str) -> MediumFault:
    return SoundFault.of(path, f"{what}, too long: at most {MAX_SECONDS:g} s are heard at once", "give a span (start, end)")


def _behind(path: Path, first: float, length: float) -> MediumFault:
    return SoundFault.of(path, f"no sound after {first:g} s: it ends at {length:.1f} s", "give a span within it")


def _open(path: Path) -> AbstractContextManager[Any]:
    missing = SoundFault.of(path, "no such file", "check the folder that holds the sound")
    return open_container(
        path, SOUNDS, purpose="reading sound", missing=missing, unreadable=lambda: SoundFault.of(path, *_unreadable(path))
    )


def _unreadable(path: Path) -> tuple[str, str]:
    """Why FFmpeg cannot open or decode a file, and the way out."""
    content = content_of(path)
    if content is None or content.family in (CLIP, SOUND):
        return "the sound cannot be read: broken or truncated", ""
    if content.family == PICTURE:
        return f"a picture ({content.name}), not a sound", "name it under 'image'"
    return f"{content.name}, not a sound", content.way_out


def _known_track(container: Any) -> Any:
    return next((each for each in container.streams.audio if each.codec_context), None)


def _track(container: Any, path: Path) -> Any:
    stream = _known_track(container)
    if stream is None:
        known = "holds no sound" if not container.streams.audio else "its sound is encoded in a way that FFmpeg does not know"
        raise SoundFault.of(path, known, "name a file with a sound track")
    return stream


def _decode(container: Any, stream: Any, first: float, last: float) -> tuple[np.ndarray, float]:
    """The samples from `first` to `last` seconds, (T,), and until when the sound was decoded, in seconds."""
    resampler = load_pyav("reading sound").AudioResampler("fltp", None, RATE)
    parts: list[np.ndarray] = []
    begun, until, room = None, 0.0, int((min(last - first, MAX_SECONDS + 1) + 2 * _RUN_UP) * RATE)
    for at, frame in _frames(container, stream, first):
        until = at + frame.samples / frame.sample_rate
        if until <= first - _RUN_UP:
            continue
        if at >= last or sum(map(len, parts)) > room:
            break
        begun = at if begun is None else begun
        frame.pts = None  # a gap in its times would be filled or cut by the resampler
        parts += [_mixed(each) for each in resampler.resample(frame)]
    if begun is None:
        return np.zeros(0, np.float32), until
    wave = np.concatenate([*parts, *(_mixed(each) for each in resampler.resample(None))])
    low = max(round((first - begun) * RATE), 0)
    high = len(wave) if math.isinf(last) else max(round((last - begun) * RATE), 0)
    return wave[low:high], until


def _mixed(frame: Any) -> np.ndarray:
    """The mean of its channels, (T,): FFmpeg's own mix to one is louder than they are, and is cut off then."""
    return frame.to_ndarray().mean(axis=0)


def _frames(container: Any, stream: Any, first: float) -> Iterator[tuple[float, Any]]:
    """Decoded frames, each with its time in seconds from the beginning of the file; from shortly before `first` on."""
    zero = (container.start_time or 0) / load_pyav("reading sound").time_base
    if first > _SEEK_AFTER and any(name in container.format.name for name in _TIMED):
        container.seek(int((zero + first - _RUN_UP) / stream.time_base), stream=stream)
    at = 0.0
    for frame in container.decode(stream):
        at = at if frame.time is None else frame.time - zero
        yield at, frame
        at += frame.samples / frame.sample_rate


def _checked(wave: np.ndarray, path: Path) -> np.ndarray:
    if not np.isfinite(wave).all():
        raise SoundFault.of(path, "samples that are no numbers (NaN or infinite)", "write it anew from its source")
    loudest = float(np.abs(wave).max())
    if loudest > _LOUD:
        raise SoundFault.of(
            path, f"samples up to {loudest:,.0f}, far beyond 1", "divide floating-point samples by their full scale"
        )
    return np.clip(wave, -1.0, 1.0).astype(np.float32, copy=False)
