"""What a file is by its first bytes, whatever its name says: pictures and clips, and what people have in their place."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

PICTURE, CLIP, SOUND, OTHER = "picture", "clip", "sound", "other"
HEAD = 512  # bytes


class Content(NamedTuple):
    """What a file holds.

    Args:
        name: what people call it.
        family: `PICTURE`, `CLIP`, `SOUND` or `OTHER`.
        way_out: what to do where it stands for a picture or clip and is none that is read; empty: get the right file.
    """

    name: str
    family: str = OTHER
    way_out: str = ""


_SAVE = "save it as JPEG or PNG"
HEIC = Content("HEIC", PICTURE, "pip install pillow-heif, or save it as JPEG")
AVIF = Content("AVIF", PICTURE, "pip install --upgrade pillow, or save it as JPEG")
EMPTY = Content("an empty file")
TEXT = Content("text")
FOLDER = Content("a folder")

# Brands of the first box of MPEG-4's family (ISO 14496-12), and what a file with one of them is.
_BRANDS = (
    (AVIF, (b"avif", b"avis")),
    (HEIC, (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")),
    (Content("M4A", SOUND), (b"M4A ", b"M4B ")),
)
_BEGINNINGS: tuple[tuple[str, Content], ...] = (
    (r"\xff\xd8\xff", Content("JPEG", PICTURE)),
    (r"\x89PNG\r\n", Content("PNG", PICTURE)),
    (r"GIF8[79]a", Content("GIF", PICTURE)),
    (r"RIFF....WEBP", Content("WebP", PICTURE)),
    (r"BM....\0\0\0\0", Content("BMP", PICTURE)),
    (r"II[*+]\0|MM\0[*+]", Content("TIFF", PICTURE)),
    (r"P[1-6]\s", Content("PPM", PICTURE)),
    (r"\0\0\0\x0cjP  |\xff\x4f\xff\x51", Content("JPEG 2000", PICTURE, _SAVE)),
    (r"\0\0\0\x0cJXL |\xff\x0a", Content("JPEG XL", PICTURE, _SAVE)),
    (r"8BPS", Content("Photoshop's PSD", PICTURE, _SAVE)),
    (r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", Content("SVG", PICTURE, _SAVE)),
    (r"....(ftyp|moov|mdat|free|skip|wide)", Content("MP4", CLIP)),
    (r"\x1aE\xdf\xa3", Content("Matroska or WebM", CLIP)),
    (r"RIFF....AVI ", Content("AVI", CLIP)),
    (r"FLV", Content("FLV", CLIP)),
    (r"0&\xb2u\x8ef\xcf\x11", Content("WMV", CLIP)),
    (r"\0\0\x01[\xba\xb3]", Content("MPEG", CLIP)),
    (r"\x47.{187}\x47", Content("MPEG-TS", CLIP)),
    (r"OggS", Content("Ogg", CLIP)),
    (r"ID3|\xff[\xf3\xfb]", Content("MP3", SOUND)),
    (r"fLaC", Content("FLAC", SOUND)),
    (r"RIFF....WAVE", Content("WAV", SOUND)),
    (r"%PDF", Content("PDF")),
    (r"%!PS", Content("PostScript")),
    (r"PK[\x03\x05]\x04?|\x1f\x8b|Rar!|7z\xbc\xaf|BZh|\xfd7zXZ", Content("an archive", OTHER, "unpack it")),
    (r"version https://git-lfs", Content("a Git LFS pointer", OTHER, "run git lfs pull where it came from")),
    (r"(?i:\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body|script))", Content("a web page (HTML)")),
    (r"(?i:\s*<\?xml)", Content("XML")),
    (r"ffconcat|#EXTM3U", Content("a playlist", OTHER, "give the clips that it names")),
)
_KNOWN = tuple((re.compile(b"\\A(?:" + pattern.encode() + b")", re.DOTALL), content) for pattern, content in _BEGINNINGS)


def content_of(path: Path) -> Content | None:
    """What `path` holds, or None where it is nothing that is known here; raises `OSError` if it cannot be read."""
    if os.path.isdir(path):
        return FOLDER
    with open(path, "rb") as file:
        return content_in(file.read(HEAD))


def content_in(head: bytes) -> Content | None:
    """As `content_of`, from a file's first 512 bytes."""
    if not head:
        return EMPTY
    if head[4:8] == b"ftyp":
        brands = head[8 : min(int.from_bytes(head[:4], "big"), len(head))]
        for content, ours in _BRANDS:
            if any(brands[at : at + 4] in ours for at in range(0, len(brands), 4)):
                return content
    found = next((content for pattern, content in _KNOWN if pattern.match(head)), None)
    return found or (TEXT if _is_text(head) else None)


def _is_text(head: bytes) -> bool:
    words = head.decode("utf-8", "ignore")
    return len(words) > 0.9 * len(head) and sum(char.isprintable() or char.isspace() for char in words) > 0.95 * len(words)
