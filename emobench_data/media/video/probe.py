"""What a clip is, before a frame of it is decoded: when its frames are shown, or the one fault that rules it out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...io.errors import ClipFault
from ...io.sniff import CLIP, PICTURE, SOUND, content_of
from ..pyav import open_container

# What is opened at all: other formats lead to other files (playlists).
CLIPS = {
    "format_whitelist": "3gp,asf,avi,flv,h264,matroska,mov,mp4,m4a,3g2,mj2,mpeg,mpegts,mpegvideo,ogg,webm",
    "protocol_whitelist": "file",
}
SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".flv", ".mpg", ".mpeg", ".gif", ".m4v", ".wmv")
MAX_PIXELS = 50_000_000  # of one frame; 8K has 33 million
MAX_FRAMES = 2_000_000  # nine hours at 60 a second
_COVER = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC
_TIMED = ("mp4", "matroska", "flv")  # containers that keep when each frame is shown, and not in which order it is decoded
UNREADABLE = "the clip cannot be read"


class Clip(NamedTuple):
    """A clip that can be read."""

    path: Path
    container: str  # FFmpeg's name of the format
    codec: str  # and of what the pictures are encoded with
    alone: bool  # whether it has one picture stream only
    pts: np.ndarray  # (frames,) int64, ascending: when each frame is shown, in the stream's own unit
    unit: float  # seconds
    rate: float  # frames a second, on average
    keys: np.ndarray  # indices of the frames from which decoding can start, ascending
    timed: bool  # whether the file says when a frame is shown; else it is guessed, and the order alone is known
    closed: bool  # whether no frame is decoded after a key frame and shown before it

    @property
    def times(self) -> np.ndarray:
        """(frames,) float64, seconds."""
        return self.pts * self.unit


def open_clip(path: Path) -> AbstractContextManager[Any]:
    """The clip as PyAV's container; a fault of FFmpeg's becomes a `ClipFault`."""
    missing = ClipFault.of(path, "no such clip", "check the folder that holds the clips")
    return open_container(
        path, CLIPS, purpose="reading clips", missing=missing, unreadable=lambda: ClipFault.of(path, *_unreadable(path))
    )


def _unreadable(path: Path) -> tuple[str, str]:
    """Why FFmpeg cannot open a file, and the way out."""
    content = content_of(path)
    if content is None or content.family in (CLIP, SOUND):
        return UNREADABLE, ""
    if content.family == PICTURE:
        return f"a picture ({content.name}), not a clip", "name it under 'image'"
    return f"{content.name}, not a clip", content.way_out


def probe(path: Path) -> Clip:
    """Look at the packets of the clip's main picture stream; nothing is decoded.

    Raises:
        ClipFault: the file is missing, no clip, sound only, without a frame, truncated or too large.
    """
    with open_clip(path) as container:
        stream = picture_stream(container, path)
        name, codec = container.format.name, stream.codec_context
        alone, unit, rate = len(container.streams.video) == 1, float(stream.time_base), float(stream.average_rate or 25)
        packets = _packets(container, stream, path)
        # AVI keeps the order of decoding alone, which is that of showing where no frame refers to a later one.
        timed = any(each in name for each in _TIMED) or (name == "avi" and not codec.has_b_frames)
    if any(pts is None for pts, _ in packets):
        pts = (np.arange(len(packets)) / (rate * unit)).round().astype(np.int64)
        return Clip(path, name, codec.name, alone, pts, unit, rate, np.zeros(1, dtype=int), timed=False, closed=False)
    shown, key = (np.array(column, dtype=np.int64) for column in zip(*packets))
    pts = np.unique(shown)
    keys = np.searchsorted(pts, np.unique(shown[key > 0]))
    latest_key = np.maximum.accumulate(np.where(key > 0, shown, shown.min()))
    return Clip(path, name, codec.name, alone, pts, unit, rate, keys, timed, closed=bool((shown >= latest_key).all()))


def picture_stream(container: Any, path: Path) -> Any:
    """The stream of the largest pictures, the first of equals, and never a sound file's cover."""
    streams = [each for each in container.streams.video if not each.disposition.value & _COVER]
    if streams and not any(each.codec_context for each in streams):
        raise ClipFault.of(path, "its pictures are encoded in a way that FFmpeg does not know", "make an MP4 of it")
    streams = [each for each in streams if each.codec_context]
    stream = max(streams, key=lambda each: each.codec_context.width * each.codec_context.height, default=None)
    if stream is None:
        what = "holds sound and no pictures" if container.streams.audio else "holds no pictures that can be read"
        raise ClipFault.of(path, what)
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        said = f"frames of {width} x {height} pixels, too large: at most {MAX_PIXELS:,} are read"
        raise ClipFault.of(path, said, "scale the clip down")
    return stream


def _packets(container: Any, stream: Any, path: Path) -> list[tuple[int | None, bool]]:
    """When the frame of each packet is shown, in the order of decoding, and whether decoding can start there."""
    packets: list[tuple[int | None, bool]] = []
    count = 0
    for packet in container.demux(stream):
        if packet.size:
            count += 1
            if not packet.is_discard:  # decoded, but not shown
                packets.append((packet.dts if packet.pts is None else packet.pts, packet.is_keyframe))
            if count > MAX_FRAMES:
                raise ClipFault.of(path, f"more than {MAX_FRAMES:,} frames, too long", "cut it into scenes")
    # Only this family counts its frames; others guess from the length.
    if "mp4" in container.format.name and count < stream.frames:
        raise ClipFault.of(path, f"truncated, {count} of {stream.frames} frames")
    if not packets:
        raise ClipFault.of(path, "the clip has no frame")
    return packets
