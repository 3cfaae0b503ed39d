"""A clip as one picture, so that a host that knows images only can train and be evaluated on it.

Four frames at equal distances, first and last among them, tiled 2x2 in reading order (our design).
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from .atomic import atomic_file
from .errors import InputError
from .places import is_there
from .video import Sampling, read_frames

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
    if not is_there(clip):
        raise InputError(f"{clip}: no such clip; check the folder that holds the clips")
    target = clip.with_name(clip.name + SUFFIX)
    if not (target.is_file() and target.stat().st_mtime_ns >= clip.stat().st_mtime_ns):
        content = drawn(clip)
        with atomic_file(target) as file:
            file.write(content)
    return media + SUFFIX


def drawn(clip: Path) -> bytes:
    """The JPEG that stands for a clip; raises `ClipFault` if that cannot be read."""
    buffer = io.BytesIO()
    tile(read_frames(clip, Sampling(frames=FRAMES)).pixels).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def tile(frames: np.ndarray, columns: int = 2) -> Image.Image:
    """Frames `(T, H, W, 3)`, uint8, as one picture in reading order; a tile is at most 336 pixels a side."""
    images = [Image.fromarray(frame) for frame in frames]
    for image in images:
        image.thumbnail((TILE, TILE), Image.Resampling.BICUBIC)
    width, height = images[0].size
    board = Image.new("RGB", (min(columns, len(images)) * width, -(-len(images) // columns) * height))
    for place, image in enumerate(images):
        board.paste(image, (place % columns * width, place // columns * height))
    return board
