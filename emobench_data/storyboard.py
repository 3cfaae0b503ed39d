"""A clip as one picture, so that a host that knows images only can train and be evaluated on it.

Four frames at equal distances, first and last among them, tiled 2x2 in reading order (our design).
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image

from .atomic import atomic_file
from .errors import InputError
from .media import CLIPS
from .pyav import load_pyav

FRAMES = 4
TILE = 336  # pixels; LLaVA's largest encoder sees the whole picture at 336, so more would be thrown away
SUFFIX = ".storyboard.jpg"


def storyboard(root: Path, media: str) -> str:
    """Write the picture of clip `media` (relative to `root`) beside it and return its path, relative to `root`.

    A picture that is newer than its clip is kept.

    Raises:
        InputError: the clip lies outside `root`, is missing, cannot be read or has no frame.
    """
    clip = root / media
    if not clip.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{clip}: leads out of the media folder {root}; copy the clip into it")
    if not clip.is_file():
        raise InputError(f"{clip}: no such clip; check the folder that holds the clips")
    target = clip.with_name(clip.name + SUFFIX)
    if not (target.is_file() and target.stat().st_mtime_ns >= clip.stat().st_mtime_ns):
        buffer = io.BytesIO()
        tile(read_frames(clip, FRAMES)).save(buffer, "JPEG", quality=92)
        with atomic_file(target) as file:
            file.write(buffer.getvalue())
    return media + SUFFIX


def tile(frames: list[np.ndarray]) -> Image.Image:
    """Four frames `(H, W, 3)`, uint8, as one picture, 2x2 in reading order; a tile is at most 336 pixels a side."""
    images = [Image.fromarray(frame) for frame in frames]
    for image in images:
        image.thumbnail((TILE, TILE), Image.Resampling.BICUBIC)
    width, height = images[0].size
    board = Image.new("RGB", (2 * width, 2 * height))
    for place, image in enumerate(images):
        board.paste(image, (place % 2 * width, place // 2 * height))
    return board


def read_frames(clip: Path, count: int) -> list[np.ndarray]:
    """`count` frames `(H, W, 3)`, uint8 RGB, at equal distances, first and last among them; short clips repeat some.

    Reads with decord, or with PyAV where decord is not installed.

    Raises:
        InputError: the clip cannot be read or has no frame.
    """
    reader = _read_decord if find_spec("decord") else _read_pyav
    return reader(clip, lambda total: _spread(clip, total, count))


def _spread(clip: Path, total: int, count: int) -> list[int]:
    if total < 1:
        raise InputError(f"{clip}: the clip has no frame; get the file again")
    return np.linspace(0, total - 1, count).round().astype(int).tolist()


def _read_decord(clip: Path, choose: Callable[[int], list[int]]) -> list[np.ndarray]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)  # it prints what it raises
    try:
        reader = decord.VideoReader(str(clip), num_threads=1)
        return list(reader.get_batch(choose(len(reader))).asnumpy())
    except (decord.DECORDError, RuntimeError) as error:
        raise InputError(f"{clip}: the clip cannot be read; get the file again") from error


def _read_pyav(clip: Path, choose: Callable[[int], list[int]]) -> list[np.ndarray]:
    """Two passes, so that only the chosen frames are ever held."""
    av = load_pyav("reading clips without decord")
    try:
        with av.open(str(clip), container_options=CLIPS) as container:
            total = sum(1 for _ in container.decode(video=0))
        wanted = choose(total)
        with av.open(str(clip), container_options=CLIPS) as container:
            kept = {
                i: frame.to_ndarray(format="rgb24") for i, frame in enumerate(container.decode(video=0)) if i in wanted
            }
        return [kept[i] for i in wanted]
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"{clip}: the clip cannot be read; get the file again") from error
