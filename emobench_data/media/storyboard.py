"""A clip as one picture, so that a host that knows images only can train and be evaluated on it.

Four frames at equal distances, first and last among them, tiled 2x2 in reading order (our design).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from ..io.atomic import atomic_file
from ..io.errors import MediumFault
from .check import MediaFile
from .places import check_place
from .stamp import stamp
from .video import Sampling, read_frames, reader_version

FRAMES = 4
TILE = 336  # pixels; LLaVA's largest encoder sees the whole picture at 336, so more would be thrown away
SUFFIX = ".storyboard.jpg"
_LAYOUT = 1  # another number when the picture of a clip comes out differently


def storyboard(root: Path, media: str) -> str:
    """Write the picture of clip `media` (relative to `root`) beside it, as `storyboards`; return its path from `root`.

    Raises:
        MediumFault: the clip lies outside `root`, is missing, cannot be read or has no frame.
    """
    check_place(root / media, root.resolve())
    _write(root / media, root / (media + SUFFIX))
    return media + SUFFIX


def storyboards(clips: Mapping[str, MediaFile], into: Path) -> dict[str, str]:
    """Write the picture of each clip below `into`, as its name says with an ending of its own; return faults by name.

    A picture that was made of this clip as it is now, by readers of this version, is kept: its JPEG comment tells that by
    a digest.
    """
    from tqdm import tqdm

    faults = {}
    for name, clip in tqdm(clips.items(), desc="storyboards", unit="clip", disable=None):
        try:
            check_place(clip.path, clip.root.resolve())
            _write(clip.path, into / (name + SUFFIX))
        except MediumFault as error:
            faults[name] = error.fault
    return faults


def _write(clip: Path, target: Path) -> None:
    made_of = _made_of(clip)
    if _comment(target) != made_of:
        content = drawn(clip, comment=made_of)
        with atomic_file(target) as file:
            file.write(content)


def drawn(clip: Path, comment: bytes = b"") -> bytes:
    """The JPEG that stands for a clip; raises `ClipFault` if that cannot be read."""
    buffer = io.BytesIO()
    tile(read_frames(clip, Sampling(frames=FRAMES)).pixels).save(buffer, "JPEG", quality=92, comment=comment)
    return buffer.getvalue()


def _made_of(clip: Path) -> bytes:
    """A digest of where the clip lies, of how it is now, and of what reads and draws it."""
    what = (_LAYOUT, reader_version(), str(clip.resolve()), stamp(clip))
    return hashlib.sha256(repr(what).encode("utf-8", "surrogateescape")).hexdigest().encode()


def _comment(picture: Path) -> bytes | None:
    try:
        with Image.open(picture, formats=("JPEG",)) as image:
            return image.info.get("comment")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # there is none, or it is spoilt


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
