"""What a clip is, before a frame of it is decoded: when its frames are shown, or the one fault that rules it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..pyav import load_pyav

# What is opened at all: other formats lead to other files (playlists).
CLIPS = {
    "format_whitelist": "3gp,asf,avi,flv,gif,h264,matroska,mov,mp4,m4a,3g2,mj2,mpeg,mpegts,mpegvideo,ogg,webm",
    "protocol_whitelist": "file",
}
SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".flv", ".mpg", ".mpeg", ".gif", ".m4v", ".wmv")
MAX_PIXELS = 50_000_000  # of one frame; 8K has 33 million
MAX_FRAMES = 2_000_000  # nine hours at 60 a second
_COVER = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC
UNREADABLE = "the clip cannot be read"


class ClipFault(InputError):
    """A clip that cannot be used; `fault` is the reason alone, without the file's name."""

    def __init__(self, path: Path, fault: str, way_out: str = "get the file again") -> None:
        super().__init__(f"{path}: {fault}; {way_out}")
        self.fault = fault


class Clip(NamedTuple):
    """A clip that can be read."""

    path: Path
    container: str  # FFmpeg's name of the format
    alone: bool  # whether it has one picture stream only
    pts: np.ndarray  # (frames,) int64, ascending, in the stream's own unit: when each frame is shown
    times: np.ndarray  # (frames,) float64, the same in seconds
    keys: np.ndarray  # pts of the frames from which decoding can start, ascending


def probe(path: Path) -> Clip:
    """Look at the packets of the clip's main picture stream; nothing is decoded.

    Raises:
        ClipFault: the file is missing, no clip, sound only, without a frame, truncated or too large.
    """
    av = load_pyav("reading clips")
    try:
        with av.open(str(path), container_options=CLIPS) as container:
            stream = picture_stream(container, path)
            pts, keys = _shown(container, stream, path)
            alone = len(container.streams.video) == 1
            return Clip(path, container.format.name, alone, pts, pts * float(stream.time_base), keys)
    except ClipFault:
        raise
    except FileNotFoundError as error:
        raise ClipFault(path, "no such clip", "check the folder that holds the clips") from error
    except (av.FFmpegError, ValueError) as error:
        raise ClipFault(path, UNREADABLE) from error


def picture_stream(container: Any, path: Path) -> Any:
    """The stream of the largest pictures, the first of equals, and never a sound file's cover."""
    streams = [each for each in container.streams.video if not each.disposition.value & _COVER]
    stream = max(streams, key=lambda each: each.codec_context.width * each.codec_context.height, default=None)
    if stream is None:
        what = "holds sound and no pictures" if container.streams.audio else "holds no pictures that can be read"
        raise ClipFault(path, what)
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise ClipFault(path, f"frames of {width} x {height} pixels, too large", "scale the clip down")
    return stream


def _shown(container: Any, stream: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """When each frame is shown, and the key frames among them, from the packets alone."""
    packets: list[tuple[int | None, bool]] = []
    count = 0
    for packet in container.demux(stream):
        if packet.size:
            count += 1
            if not packet.is_discard:  # decoded, but not shown
                packets.append((packet.dts if packet.pts is None else packet.pts, packet.is_keyframe))
            if count > MAX_FRAMES:
                raise ClipFault(path, f"more than {MAX_FRAMES:,} frames, too long", "cut it into scenes")
    # Only this family counts its frames; others guess from the length.
    if "mp4" in container.format.name and count < stream.frames:
        raise ClipFault(path, f"truncated, {count} of {stream.frames} frames")
    if not packets:
        raise ClipFault(path, "the clip has no frame")
    if any(pts is None for pts, _ in packets):
        raise ClipFault(path, "its frames have no times", "put it into a container: ffmpeg -i IN -c copy OUT.mp4")
    shown, key = (np.array(column, dtype=np.int64) for column in zip(*packets))
    return np.unique(shown), np.unique(shown[key > 0])
