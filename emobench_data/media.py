"""Check that media are there and decode, before anything is trained on them."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from .errors import InputError
from .records import Record
from .storyboard import read_frames

MAX_PIXELS = 100_000_000  # a picture with more is taken for a bomb and not decoded
_NAMED = 5


def check_media(records: Iterable[Record], root: Path) -> None:
    """Open every medium of `records` under `root` once: pictures whole, clips at their first and last frame.

    Raises:
        InputError: some are missing, truncated, unreadable or outside `root`; it names five and counts all.
    """
    media = {record.media: record.modality for record in records if record.media}
    inside = root.resolve()
    faults = []
    for name, modality in tqdm(media.items(), desc="checking media", unit="file", disable=None):
        fault = _fault(root / name, modality, inside)
        if fault:
            faults.append(f"{name} ({fault})")
    if faults:
        more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise InputError(
            f"{len(faults)} of {len(media)} media under {root} are faulty: {', '.join(faults[:_NAMED])}{more}; "
            "get these files again"
        )


def _fault(path: Path, modality: str, root: Path) -> str | None:
    if not path.resolve().is_relative_to(root):
        return "leads out of the folder"
    if not path.is_file():
        return "missing"
    return _clip_fault(path) if modality == "video" else _image_fault(path)


def _image_fault(path: Path) -> str | None:
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                return f"{image.width} x {image.height} pixels, too large"
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return "not a picture, or too large"
    except (OSError, ValueError, SyntaxError):  # what Pillow's decoders raise on broken data
        return "truncated or broken"
    return None


def _clip_fault(path: Path) -> str | None:
    try:
        read_frames(path, 2)
    except InputError:
        return "the clip cannot be read"
    return None
