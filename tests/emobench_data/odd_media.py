"""Pictures and clips as people have them: each is read right, or refused with one line that is true.

A picture that is read looks like `UPRIGHT`: a bright sky over dark ground, within the rounding of its format.
"""

from pathlib import Path

import av
import numpy as np
from PIL import ExifTags, Image

SKY, GROUND = (250, 220, 60), (40, 60, 140)
TOLERANCE = 8  # of JPEG, of a palette of few colours more
_T = Image.Transpose
# EXIF's orientation -> what lies so when the picture is upright.
LAID = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_90,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_270,
}


def upright() -> Image.Image:
    pixels = np.zeros((24, 40, 3), np.uint8)
    pixels[:12], pixels[12:] = SKY, GROUND
    return Image.fromarray(pixels)


UPRIGHT = np.asarray(upright()).astype(int)


def _laid(path: Path, turn: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    upright().transpose(LAID[turn]).save(path, exif=exif, quality=95)


def _hidden(path: Path, mode: str) -> None:
    """Its transparent upper half hides a colour; seen on white, the lower half shows."""
    picture = upright().convert("RGBA")
    picture.putalpha(Image.fromarray(np.repeat([0, 255], 12 * 40).reshape(24, 40).astype(np.uint8)))
    picture.convert(mode).save(path)


def _grey16(path: Path) -> None:
    Image.fromarray(np.asarray(upright().convert("L")).astype(np.uint16) * 257).save(path)


def _moving(path: Path, frames: int = 4) -> None:
    """Its first frame is `upright`, later ones are black."""
    rest = [Image.new("RGB", (40, 24), (10 * k, 0, 0)) for k in range(1, frames)]
    upright().save(path, save_all=True, append_images=rest, duration=100, lossless=True)


def _cut(path: Path) -> None:
    Image.effect_noise((64, 64), 60).convert("RGB").save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:900])


def _odd_exif(path: Path) -> None:
    """EXIF that is none: pictures with such are shown as they lie."""
    upright().save(path, quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")


PICTURES = {
    **{f"turned{turn}.jpg": lambda path, turn=turn: _laid(path, turn) for turn in LAID},
    "turned6.png": lambda path: _laid(path, 6),
    "turned6.webp": lambda path: _laid(path, 6),
    "turned6.tif": lambda path: _laid(path, 6),
    "odd_exif.jpg": _odd_exif,
    "cmyk.jpg": lambda path: upright().convert("CMYK").save(path, quality=95),
    "palette.png": lambda path: upright().quantize(4).save(path),
    "name.JPG": lambda path: upright().save(path, "PNG"),
    "ü مرحبا 漢.png": lambda path: upright().save(path),
    "moving.gif": _moving,
    "moving.png": _moving,
    "moving.webp": _moving,
    "still.gif": lambda path: upright().save(path),
    "pages.tif": lambda path: upright().save(path, save_all=True, append_images=[Image.new("RGB", (40, 24))]),
    "two.mpo": lambda path: upright().save(path, save_all=True, append_images=[upright()], quality=95),
}
# In these the upper half is transparent.
CLEAR = {
    "clear.png": lambda path: _hidden(path, "RGBA"),
    "clear.webp": lambda path: _hidden(path, "RGBA"),
    "clear_grey.png": lambda path: _hidden(path, "LA"),
    "clear_palette.png": lambda path: upright().save(path, transparency=SKY),
}
GREY = {
    "grey16.png": _grey16,
    "grey16.tif": _grey16,
    "grey.png": lambda path: upright().convert("L").save(path),
}
REFUSED = {
    "empty.jpg": (lambda path: path.write_bytes(b""), "an empty file, not a picture; get the file again"),
    "page.jpg": (lambda path: path.write_bytes(b"\n<!DOCTYPE html><html>404"), "a web page (HTML), not a picture; get"),
    "denied.png": (lambda path: path.write_text('{"error": 403}'), "text, not a picture; get the file again"),
    "lfs.jpg": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
        "a Git LFS pointer, not a picture; run git lfs pull",
    ),
    "packed.jpg": (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(40)), "an archive, not a picture; unpack it"),
    "cut.jpg": (_cut, "truncated; get the file again"),
    "photo.heic": (
        lambda path: path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)),
        "HEIC, which is not read here; pip install pillow-heif, or save it as JPEG",
    ),
    "broken.avif": (lambda path: path.write_bytes(b"\0\0\0\x20ftypavif" + bytes(40)), "AVIF"),
    "drawing.png": (lambda path: path.write_text("<svg xmlns='x'/>"), "SVG, which is not read here; save it as JPEG or PNG"),
    "wide.png": (lambda path: Image.new("L", (20_000, 2)).save(path), "20000 x 2 pixels, too large: a side of at most 16,384"),
    "clip.jpg": (lambda path: write_clip(path), "a clip (MP4), not a picture; name it under 'video'"),
    "folder": (lambda path: path.mkdir(), "a folder, not a picture; if it holds the frames of a clip, name it under 'video'"),
}


def write_clip(path: Path, *, title: bytes = b"", **how) -> Path:
    """A clip of twenty frames, frame k of which is grey of 12 k; `how` goes to its container."""
    with av.open(str(path), "w", format="mp4", **how) as file:
        file.metadata["title"] = "T" * len(title)
        stream = file.add_stream("libx264", rate=10, options={"g": "5", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        noise = np.random.default_rng(0).integers(-9, 9, (48, 64, 3))
        for number in range(20):
            pixels = (noise + 12 * number).clip(0, 255).astype(np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
    if title:
        path.write_bytes(path.read_bytes().replace(b"T" * len(title), title))
    return path


def write_spoilt(path: Path, first: float = 0.45, last: float = 0.6) -> Path:
    """That clip with zeros over a share of its pictures."""
    write_clip(path, options={"movflags": "+faststart"})
    content = bytearray(path.read_bytes())
    start = content.find(b"mdat") + 4
    size = len(content) - start
    first, last = start + int(first * size), start + int(last * size)
    content[first:last] = bytes(last - first)
    path.write_bytes(content)
    return path
