"""What is wrong with one medium: whether it is there, inside its folder, and decodes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

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


class PictureFault(InputError):
    """A picture that cannot be used; `fault` is the reason alone, without the file's name."""

    # One argument is enough, since PyTorch raises what a worker raised again from its message alone.
    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault

    @classmethod
    def of(cls, path: Path, fault: str) -> PictureFault:
        """The fault of the picture `path`."""
        return cls(f"{path}: {fault}; get the file again", fault)


def media_fault(path: Path, modality: str, root: Path) -> str | None:
    """What is wrong with the medium, or None; `root`, which it may not leave, is a resolved path."""
    try:
        _check_place(path, root)
        if modality == "video":
            return _clip_fault(path)
        with _decoded(path):
            return None
    except PictureFault as error:
        return error.fault


def open_picture(path: Path, root: Path) -> Image.Image:
    """A decoded RGB picture; `root`, which it may not leave, is a resolved path.

    Raises:
        PictureFault: with what `media_fault` would say of it.
    """
    _check_place(path, root)
    with _decoded(path) as image:
        return image.convert("RGB")


def _check_place(path: Path, root: Path) -> None:
    if leads_out(path, root):
        raise PictureFault.of(path, OUTSIDE)
    if not os.path.isfile(path):  # unlike Path's, it answers for names no file can have
        raise PictureFault.of(path, "missing")


def _form_fault(image: Image.Image) -> str | None:
    """What its header alone says against a picture."""
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        return f"{image.width} x {image.height} pixels, too large"
    return "more than 8 bits a pixel, which LLaVA would read as white; save it with 8" if image.mode in DEEP else None


@contextmanager
def _decoded(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=PICTURES) as image:
            fault = _form_fault(image)
            if fault:
                raise PictureFault.of(path, fault)
            image.load()
            yield image
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureFault.of(path, "not a picture, or too large") from error
    except PictureFault:
        raise
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow's decoders raise on broken data
        raise PictureFault.of(path, "truncated or broken") from error


def _clip_fault(path: Path) -> str | None:
    """The packets are counted, and the first and the last frame decoded, with PyAV, for media are checked in threads."""
    try:
        read_frames(path, Sampling(frames=2), decord=False)
    except ClipFault as error:
        return error.fault
    return None


def clip_seconds(path: Path) -> float | None:
    """How long a sound clip is by its own account, in seconds; None where it does not say."""
    av = load_pyav("measuring clips")
    with av.open(str(path), container_options=CLIPS) as container:
        return None if container.duration is None else round(container.duration / av.time_base, 3)
