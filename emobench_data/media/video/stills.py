"""Clips that are pictures: a folder of frames, and a picture that moves (GIF, PNG, WebP, AVIF)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from ...io.errors import ClipFault, PictureFault
from ...io.sniff import content_of
from ..pictures import MOVING, as_seen, opened_picture, read_picture
from ..places import check_place
from .decode import Decoded
from .probe import MAX_FRAMES
from .sampling import Sampling

FRAME_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".avif", ".heic")
_UNTIMED = 100  # milliseconds that browsers show a frame which says 0


def holds_pictures(path: Path) -> bool:
    """Whether the clip `path` is a folder, or a file of a picture format that can move."""
    if os.path.isdir(path):
        return True
    try:
        content = content_of(path)
    except OSError:
        return False
    return content is not None and content.name.upper() in MOVING


def read_stills(path: Path, sampling: Sampling) -> Decoded:
    """The frames that `sampling` chooses.

    Raises:
        ClipFault: there is no frame, too many, most of those that are chosen are faulty, or the sampling counts seconds
            and the clip is a folder, whose frames have no times.
    """
    return _of_folder(path, sampling) if os.path.isdir(path) else _of_picture(path, sampling)


def frame_files(folder: Path) -> list[Path]:
    """The pictures in `folder` in the order of their names, in which 2 stands before 10."""
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if one.name.lower().endswith(FRAME_SUFFIXES) and one.name[0] != "."]
    return [folder / name for name in sorted(names, key=_natural)]


def _natural(name: str) -> tuple[list[int | str], str]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)], name


def _of_folder(folder: Path, sampling: Sampling) -> Decoded:
    files = frame_files(folder)
    if not files:
        raise ClipFault.of(folder, "a folder without pictures, where the frames of a clip are wanted")
    if len(files) > MAX_FRAMES:
        raise ClipFault.of(folder, f"more than {MAX_FRAMES:,} frames, too long", "cut it into scenes")
    if sampling.by_seconds:
        raise ClipFault.of(folder, "frames in a folder have no times", "choose them by their number alone")
    chosen = sampling.choose(np.arange(len(files)))
    wanted, root = sorted(set(chosen)), folder.resolve()
    found: dict[int, np.ndarray] = {}
    faults: dict[int, PictureFault] = {}
    for index in wanted:
        try:
            check_place(files[index], root)
            found[index] = np.asarray(read_picture(files[index]))
        except PictureFault as error:
            faults[index] = error
    if 2 * len(faults) > len(wanted):
        (first, fault), *_ = faults.items()
        said = f"{len(faults)} of {len(wanted)} frames that are read are faulty, such as {files[first].name} ({fault.fault})"
        raise ClipFault.of(folder, said)
    whole = list(found)
    found |= {index: found[min(whole, key=lambda other: abs(other - index))] for index in faults}
    return Decoded(chosen, found, np.full(len(chosen), np.nan), len(faults))


def _of_picture(path: Path, sampling: Sampling) -> Decoded:
    try:
        with opened_picture(path) as image:
            times = np.array(list(_times(image)))
            chosen = sampling.choose(times)
            wanted = set(chosen)
            frames = ImageSequence.Iterator(image)
            kept = {index: np.asarray(as_seen(frame)) for index, frame in enumerate(frames) if index in wanted}
    except PictureFault as error:
        raise ClipFault(str(error), error.fault) from error
    return Decoded(chosen, kept, times[chosen])


def _times(image: Image.Image) -> Iterator[float]:
    """When each frame of a picture that moves is shown, in seconds."""
    at = 0
    for frame in ImageSequence.Iterator(image):
        frame.load()  # WebP says it only then
        yield at / 1000
        at += frame.info.get("duration") or _UNTIMED
