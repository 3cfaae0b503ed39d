"""What is wrong with one medium: whether it is there, inside its folder, and decodes."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from .errors import InputError
from .pyav import load_pyav

# What is opened at all: other formats run programs (EPS) or lead to other files (playlists).
PICTURES = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
CLIPS = {
    "format_whitelist": "3gp,asf,avi,flv,gif,h264,matroska,mov,mp4,m4a,3g2,mj2,mpeg,mpegts,mpegvideo,ogg,webm",
    "protocol_whitelist": "file",
}
OUTSIDE = "leads out of the folder"
MAX_PIXELS = 100_000_000  # a picture with more is taken for a bomb and not decoded


def leads_out(path: Path, root: Path) -> bool:
    """Whether `path` lies outside `root`, which is a resolved path, once links are followed."""
    try:
        return not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # links in a circle, names no file can have
        return True


def media_fault(path: Path, modality: str, root: Path) -> str | None:
    """What is wrong with the medium, or None; `root`, which it may not leave, is a resolved path."""
    if leads_out(path, root):
        return OUTSIDE
    if not os.path.isfile(path):  # unlike Path's, it answers for names no file can have
        return "missing"
    return _clip_fault(path) if modality == "video" else _image_fault(path)


def open_picture(path: Path, root: Path) -> Image.Image:
    """A decoded RGB picture; `root`, which it may not leave, is a resolved path.

    Raises:
        InputError: what `media_fault` would say of it.
    """
    fault = OUTSIDE if leads_out(path, root) else None if os.path.isfile(path) else "missing"
    if fault is None:
        try:
            with Image.open(path, formats=PICTURES) as image:
                if image.width * image.height <= MAX_PIXELS:
                    return image.convert("RGB")
                fault = f"{image.width} x {image.height} pixels, too large"
        except (UnidentifiedImageError, Image.DecompressionBombError):
            fault = "not a picture, or too large"
        except (OSError, ValueError, SyntaxError):
            fault = "truncated or broken"
    raise InputError(f"{path}: {fault}; get the file again")


def _image_fault(path: Path) -> str | None:
    try:
        with Image.open(path, formats=PICTURES) as image:
            if image.width * image.height > MAX_PIXELS:
                return f"{image.width} x {image.height} pixels, too large"
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return "not a picture, or too large"
    except (OSError, ValueError, SyntaxError):  # what Pillow's decoders raise on broken data
        return "truncated or broken"
    return None


def _clip_fault(path: Path) -> str | None:
    """Decoders conceal what is cut off, so the frames that the file promises are counted too."""
    av = load_pyav("checking clips")
    try:
        with av.open(str(path), container_options=CLIPS) as container:
            stream = container.streams.video[0]
            times = [packet.pts or 0 for packet in container.demux(stream) if packet.size]
            if len(times) < stream.frames:
                return f"truncated, {len(times)} of {stream.frames} frames"
            container.seek(min(times), stream=stream)
            next(container.decode(stream))
            container.seek(max(times), stream=stream)
            for _ in container.decode(stream):
                pass
    except (av.FFmpegError, IndexError, StopIteration, ValueError):  # no picture stream, no frame in it
        return "the clip cannot be read"
    return None


def clip_seconds(path: Path) -> float | None:
    """How long a sound clip is by its own account, in seconds; None where it does not say."""
    av = load_pyav("measuring clips")
    with av.open(str(path), container_options=CLIPS) as container:
        return None if container.duration is None else round(container.duration / av.time_base, 3)
