"""Read chosen frames of a clip: a file, a folder of frames, or a picture that moves.

PyAV seeks where a container says when each frame is shown, follows the frames from the key frame on one by one, and
decodes from the start where one is not in its place. decord has to be asked for: it is not faster
(`benchmarks/video.py`), and many clips it reads wrong without an error, which are left to PyAV then (`by_decord`).
"""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from ...io.errors import ClipFault, InputError
from ..pyav import load_pyav
from .by_decord import by_decord
from .decode import Decoded, by_decoding, by_seeking
from .probe import open_clip, probe
from .sampling import Sampling
from .stills import holds_pictures, read_stills

READERS = ("pyav", "decord")
SETTING = "EMOBENCH_CLIP_READER"  # of the environment
_VERSION = 2  # another number when frames or pictures come out differently, or are refused for other reasons


class Frames(NamedTuple):
    """What was read."""

    pixels: np.ndarray  # (T, H, W, 3) uint8 RGB, upright; an alpha channel is dropped
    times: np.ndarray  # (T,) float64, seconds from the clip's first frame; NaN for those of a folder
    spoilt: int = 0  # how many of the frames that were to be read do not decode, so that neighbours stand for them


def read_frames(path: Path, sampling: Sampling, *, side: int | None = None, reader: str | None = None) -> Frames:
    """The frames of `path` that `sampling` chooses.

    Nothing is kept open between calls, so that it may be called in forked or spawned processes, and with PyAV in threads:
    of 725 processes that read their first clips in two threads, decord 0.6.0 ended 7 with SIGABRT, PyAV none of 874.

    Args:
        side: reduce frames whose shorter side is longer than this.
        reader: `pyav`, or `decord` for the clips that it reads right, whose frames are the same; None for the one that
            the variable EMOBENCH_CLIP_READER names, by default PyAV.

    Raises:
        ClipFault: see `probe`, or too few frames can be decoded.
        InputError: the reader is unknown or not installed.
    """
    reader = reader or os.environ.get(SETTING) or READERS[0]
    if reader not in READERS:
        raise InputError(f"unknown reader of clips {reader!r}; known: {', '.join(READERS)}")
    read = read_stills(path, sampling) if holds_pictures(path) else _read_file(path, sampling, reader)
    reduced = {index: _reduced(frame, side) for index, frame in read.pixels.items()}
    if len({frame.shape for frame in reduced.values()}) > 1:
        raise ClipFault.of(path, "the frames change their size within the clip", "bring them to one size")
    return Frames(np.stack([reduced[index] for index in read.chosen]), read.times, read.spoilt)


def _read_file(path: Path, sampling: Sampling, reader: str) -> Decoded:
    clip = probe(path)
    chosen = sampling.choose(clip.times)
    wanted = sorted(set(chosen))
    found = by_decord(clip, wanted) if reader == "decord" else None
    if found is None and clip.timed:
        found = by_seeking(clip, wanted)
    if found is None:
        return by_decoding(clip, sampling)
    return Decoded(chosen, found, clip.times[chosen] - clip.times[0])


def clip_seconds(path: Path) -> float | None:
    """How long a sound clip is by its own account, in seconds; None where it does not say."""
    if holds_pictures(path):
        return None
    av = load_pyav("measuring clips")
    with open_clip(path) as container:
        return None if container.duration is None else round(container.duration / av.time_base, 3)


@cache
def reader_version() -> str:
    """What frames come from, for what is kept of them: it holds as long as this stays the same."""
    parts = [f"frames {_VERSION}"]
    for library in ("av", "pillow"):
        try:
            parts.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            parts.append(f"no {library}")
    return ", ".join(parts)


def _reduced(frame: np.ndarray, side: int | None) -> np.ndarray:
    height, width = frame.shape[:2]
    if side is None or min(height, width) <= side:
        return frame
    scale = side / min(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))
