"""Thumbnails of media."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from ..io.errors import InputError
from ..media.examine import PictureFault, kind_of, leads_out, open_picture
from ..media.video import ClipFault, Sampling, read_frames
from ..schema.medium import path_fault

SIDE = 112  # pixels of a thumbnail


def thumbnail(root: Path | None, name: str) -> tuple[str, str]:
    """The medium `name` under `root` as a data URI, or `""` and why there is none. Nothing outside `root` is opened."""
    if root is None:
        return "", "no media folder known (--media-root)"
    path, base = root / name, root.resolve()
    if path_fault(name) or leads_out(path, base):
        return "", "refused: its path leaves the media folder"
    try:
        kind = kind_of(path)
        if kind not in ("image", "video"):
            return "", f"{kind}, no picture"
        small = _middle_frame(path) if kind == "video" else open_picture(path, base)
    except (PictureFault, ClipFault) as error:
        return "", error.fault
    except InputError:
        return "", "the clip cannot be read here"
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}", ""


def _middle_frame(clip: Path) -> Image.Image:
    return Image.fromarray(read_frames(clip, Sampling(frames=3), side=SIDE).pixels[1])
