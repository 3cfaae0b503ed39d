"""What is wrong with one medium: whether it is there, inside its folder, and decodes."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from .errors import InputError
from .pyav import load_pyav
from .video import CLIPS, ClipFault, Sampling, read_frames

# What is opened at all: other formats run programs (EPS).
PICTURES = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
OUTSIDE = "leads out of the folder"
MAX_PIXELS = 100_000_000  # a picture with more is taken for a bomb and not decoded
MAX_SIDE = 16_384  # LLaVA pads a picture to a square: this one to 0.8 GB
DEEP = ("I", "I;16", "I;16B", "I;16L", "F")  # Pillow's modes of 16 bits and more, which become white in 8


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
                fault = _form_fault(image)
                if fault is None:
                    return image.convert("RGB")
        except (UnidentifiedImageError, Image.DecompressionBombError):
            fault = "not a picture, or too large"
        except (OSError, ValueError, SyntaxError):
            fault = "truncated or broken"
    raise InputError(f"{path}: {fault}; get the file again")


def _form_fault(image: Image.Image) -> str | None:
    """What its header alone says against a picture."""
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        return f"{image.width} x {image.height} pixels, too large"
    return "more than 8 bits a pixel, which LLaVA would read as white; save it with 8" if image.mode in DEEP else None


def _image_fault(path: Path) -> str | None:
    try:
        with Image.open(path, formats=PICTURES) as image:
            fault = _form_fault(image)
            if fault:
                return fault
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return "not a picture, or too large"
    except (OSError, ValueError, SyntaxError):  # what Pillow's decoders raise on broken data
        return "truncated or broken"
    return None


def _clip_fault(path: Path) -> str | None:
    """The packets are counted, and the first and the last frame decoded."""
    try:
        read_frames(path, Sampling(frames=2))
    except ClipFault as error:
        return error.fault
    return None


def clip_seconds(path: Path) -> float | None:
    """How long a sound clip is by its own account, in seconds; None where it does not say."""
    av = load_pyav("measuring clips")
    with av.open(str(path), container_options=CLIPS) as container:
        return None if container.duration is None else round(container.duration / av.time_base, 3)
