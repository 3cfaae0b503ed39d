"""Media as files: what one is, and what is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from ..io.errors import MediumFault, PictureFault
from ..io.sniff import CLIP, PICTURE, SOUND, content_of
from .kind import Finding
from .kinds import KINDS, kinds
from .pictures import moving_frames, read_picture
from .places import OUTSIDE, check_place, is_there, leads_out
from .video import SUFFIXES, Sampling

_FAMILIES = {CLIP: "video", PICTURE: "image", SOUND: "audio"}

__all__ = ["OUTSIDE", "Finding", "PictureFault", "examine", "is_there", "kind_of", "leads_out", "media_fault", "open_picture"]


def kind_of(path: Path) -> str:
    """`image`, `video` or another kind: what a medium is where no record says it, by its content.

    A file or folder of more than one frame is a clip; so an animated GIF, PNG, WebP or AVIF is one, and one of a single
    frame is a picture. A record's own word stands above this: an animated picture that it calls an image is shown by its
    first frame, everywhere. Of what holds neither, the name's end decides; why it cannot be read is said on reading.
    """
    if os.path.isdir(path):  # it answers for names no file can have, unlike `Path`
        return "video"
    frames = moving_frames(path)
    if frames is not None:
        return "video" if frames > 1 else "image"
    try:
        content = content_of(path)
    except OSError:
        content = None
    suffix = path.suffix.lower()
    named = next((kind.name for kind in kinds() if suffix in kind.suffixes), "video" if suffix in SUFFIXES else "")
    if content is None or content.family not in _FAMILIES or (content.family == CLIP and named):
        return named or "image"  # Ogg, Matroska and MP4 may hold a sound alone
    return _FAMILIES[content.family]


def examine(path: Path, kind: str, root: Path, sampling: Sampling = Sampling()) -> Finding:
    """Open a medium as it will be read; `root`, which it may not leave, is a resolved path.

    Args:
        sampling: the frames of a clip that will be read.
    """
    try:
        check_place(path, root)
        return KINDS.get(kind).open(path, sampling)
    except MediumFault as error:
        return Finding(error.fault)


def media_fault(path: Path, kind: str, root: Path) -> str | None:
    """What is wrong with the medium, or None; as `examine`."""
    return examine(path, kind, root).fault


def open_picture(path: Path, root: Path) -> Image.Image:
    """A decoded RGB picture as people see it; `root`, which it may not leave, is a resolved path.

    Raises:
        PictureFault: with what `media_fault` would say of it.
    """
    check_place(path, root)
    return read_picture(path)
