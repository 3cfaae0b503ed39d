"""How long a sound is by its own account, so that one that was cut off is known; FFmpeg often tells only what is left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .pyav import load_pyav

_HEAD = 1 << 16  # bytes
# Bytes of sound that programs write into a WAV while they do not know how many there will be, or more than those.
_UNKNOWN = 0x7FFF0000


def declared_seconds(container: Any, stream: Any) -> float | None:
    """Seconds of sound; None where the file says nothing, and FFmpeg would guess it from the rate of bits."""
    name, length = container.format.name, None
    if name == "wav":
        return _wav_seconds(Path(container.name))
    if stream.duration is not None and stream.time_base:
        length = float(stream.duration * stream.time_base)
    elif container.duration is not None and len(container.streams) == 1:
        length = container.duration / load_pyav("measuring sound").time_base
    guessed = name == "aac" or (name == "mp3" and not _counts_frames(Path(container.name)))
    return None if guessed or length is None or length <= 0 else length


def _counts_frames(path: Path) -> bool:
    """Whether an MP3 begins with the header that says how many frames it has."""
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    return b"Xing" in head or b"Info" in head


def _wav_seconds(path: Path) -> float | None:
    """By the header of a WAV (RIFF): how many bytes of sound there are, and how many a second has."""
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    at, rate = 12, 0
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(head[at + 16 : at + 20], "little")
        if name == b"data":
            return length / rate if 0 < length < _UNKNOWN and rate else None
        at += 8 + length + length % 2
    return None


def ogg_is_cut(path: Path) -> bool:
    """Whether the last page of an Ogg file is not all there (RFC 3533, 6); FFmpeg leaves it out without a word."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 2 * _HEAD, 0))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27:
        return True
    lengths = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(lengths)
