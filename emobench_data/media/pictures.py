"""Pictures as people see them: the one way in which this project opens a picture."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ..io.errors import PictureFault
from ..io.sniff import AVIF, CLIP, FOLDER, HEAD, HEIC, PICTURE, SOUND, Content, content_in, content_of

# What is opened at all: other formats run programs (EPS).
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP", "AVIF")
MOVING = ("GIF", "PNG", "WEBP", "AVIF")  # of these, a file may be a clip
MAX_PIXELS = 100_000_000  # a picture with more is taken for a bomb and not decoded
MAX_SIDE = 16_384  # LLaVA pads a picture to a square: this one to 0.8 GB
_DEEP = ("I;16", "I;16B", "I;16L")
# Which of their numbers is white is not said, or Pillow does not know their colours.
_UNREAD = {"I": "32 bits a pixel", "F": "floating point", "LAB": "colours in LAB"}
_SMALLER = "make it smaller"
# What Pillow's decoders raise on broken data.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error)


def as_seen(image: Image.Image) -> Image.Image:
    """`image` in RGB with 8 bits, turned as its EXIF says, on white where it is transparent.

    Pillow's own `convert("RGB")` leaves photographs of a telephone held upright on their side, shows the colours that
    an alpha channel hides, and makes 16 bits white.
    """
    image.load()  # PNG and WebP may have EXIF behind the pixels, and TIFF is turned as it is decoded
    turn = _turn(image)
    if _is_deep(image):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    image = image.convert("RGB")
    image.info = {}  # Pillow writes a turned picture's other tags anew, and fails on odd ones
    if turn == 1:
        return image
    image.getexif()[ExifTags.Base.Orientation] = turn
    return ImageOps.exif_transpose(image)


def _is_deep(image: Image.Image) -> bool:
    """Whether a picture has 16 bits a pixel; before Pillow 10.3 a PNG with them seems to have 32."""
    return image.mode in _DEEP or (image.mode == "I" and image.format == "PNG")


def _turn(image: Image.Image) -> int:
    """How the picture lies, from 1 (upright) to 8."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1  # broken EXIF turns nothing, as in every viewer
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def read_picture(source: Path | BinaryIO) -> Image.Image:
    """The picture of a file or stream, as `as_seen`; of one that moves, its first frame.

    Raises:
        PictureFault: it cannot be used, and why.
    """
    with opened_picture(source) as image:
        return as_seen(image)


def check_picture(path: Path) -> None:
    """Raise `PictureFault` where `read_picture` would; it decodes all of the picture, small where that spares time."""
    with opened_picture(path) as image:
        image.draft(None, (1, 1))
        image.load()


def moving_frames(path: Path) -> int | None:
    """How many frames a picture of a format that can move has, or None if it is of no such format or cannot be read."""
    try:
        with Image.open(path, formats=_formats(MOVING)) as image:
            return getattr(image, "n_frames", 1)
    except (*_BROKEN, Image.DecompressionBombError):
        return None


@cache
def _formats(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` that this Pillow has."""
    Image.init()
    return tuple(name for name in names if name in Image.OPEN)


@contextmanager
def opened_picture(source: Path | BinaryIO) -> Iterator[Image.Image]:
    """The picture of a file or stream, open; what is wrong with it, or goes wrong then, becomes a `PictureFault`."""
    name = source if isinstance(source, Path) else Path(getattr(source, "name", "the picture"))
    try:
        with _open(source) as image:
            if fault := _form_fault(image):
                raise PictureFault.of(name, *fault)
            yield image
    except PictureFault:
        raise
    except (UnidentifiedImageError, IsADirectoryError) as error:
        raise PictureFault.of(name, *_unknown(_content(source))) from error
    except Image.DecompressionBombError as error:
        pixels = next((f"{int(found):,}" for found in re.findall(r"\d+", str(error))), "too many")
        raise PictureFault.of(name, f"{pixels} pixels, too large: at most {MAX_PIXELS:,} are read", _SMALLER) from error
    except _BROKEN as error:
        raise PictureFault.of(name, _reason(error)) from error


def _open(source: Path | BinaryIO) -> Image.Image:
    try:
        return Image.open(source, formats=_formats(FORMATS))
    except UnidentifiedImageError:
        if _content(source) is not HEIC or not _is_read(HEIC):
            raise
        import pillow_heif

        pillow_heif.register_heif_opener()
        return Image.open(source, formats=("HEIF",))


def _content(source: Path | BinaryIO) -> Content | None:
    if isinstance(source, Path):
        return content_of(source)
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    return content_in(head)


def _form_fault(image: Image.Image) -> tuple[str, str] | None:
    """What its header alone says against a picture, and the way out."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        return f"{width} x {height} pixels, too large: at most {MAX_PIXELS:,} are read", _SMALLER
    if max(image.size) > MAX_SIDE:
        return f"{width} x {height} pixels, too large: a side of at most {MAX_SIDE:,} is read", _SMALLER
    if image.mode in _UNREAD and not _is_deep(image):
        return f"{_UNREAD[image.mode]}, which is not read", "save it in RGB with 8 bits"
    return None


def _unknown(content: Content | None) -> tuple[str, str]:
    """Why a file that Pillow cannot open is no picture, and the way out."""
    if content is None:
        return "no picture of a known kind", ""
    if content.family == CLIP:
        return f"a clip ({content.name}), not a picture", "name it under 'video'"
    if content.family == SOUND:
        return f"a sound ({content.name}), not a picture", "name it under 'audio'"
    if content is FOLDER:
        return "a folder, not a picture", "if it holds the frames of a clip, name it under 'video'"
    if content.family != PICTURE:
        return f"{content.name}, not a picture", content.way_out
    if _is_read(content):
        return f"broken ({content.name})", ""
    return f"{content.name}, which is not read here", content.way_out


def _is_read(content: Content) -> bool:
    """Whether a picture of this kind is read here."""
    if content is HEIC:
        return find_spec("pillow_heif") is not None
    return "AVIF" in _formats(FORMATS) if content is AVIF else not content.way_out


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror})"
    words = str(error).lower()
    return "truncated" if "truncated" in words or isinstance(error, EOFError) else "broken"
