"""Frames by decord 0.6.0, for clips that it reads right.

It counts frames in the order of decoding and seeks by that, which is compared with the truth in
`tests/emobench_data/media/video/test_matrix.py`: H.264 and VP9 in MP4 and Matroska come out right where every group of
frames stands for itself. It is wrong in AVI, MPEG, MPEG-TS and WMV, in H.264 and HEVC with open groups, in MPEG-4 and
MPEG-2 with B-frames, and where a key frame is refreshed line by line; it gives other frames then, and no error.
"""

from __future__ import annotations

import numpy as np

from ...io.errors import InputError
from .probe import Clip, open_clip, picture_stream

_CONTAINERS = ("mp4", "matroska")
_CODECS = ("h264", "vp9")
_IDR = 5  # of H.264's units: a picture before which nothing is referred to (ISO 14496-10, table 7-1)


def by_decord(clip: Clip, wanted: list[int]) -> dict[int, np.ndarray] | None:
    """The frames `wanted`, ascending, or None for a clip that decord does not open, or reads wrong.

    Raises:
        InputError: decord is not installed.
    """
    try:
        import decord
    except ImportError as error:
        raise InputError("decord is not installed; pip install decord, or read clips with PyAV") from error
    if not _reads_right(clip):
        return None
    decord.logging.set_level(decord.logging.QUIET)  # it prints what it raises
    try:
        reader = decord.VideoReader(str(clip.path), num_threads=1)
        if len(reader) != len(clip.pts):
            return None
        return dict(zip(wanted, reader.get_batch(wanted).asnumpy()))
    except (decord.DECORDError, RuntimeError):
        return None


def _reads_right(clip: Clip) -> bool:
    ours = any(name in clip.container for name in _CONTAINERS) and clip.codec in _CODECS
    return ours and clip.alone and clip.timed and clip.closed and (clip.codec != "h264" or _only_idr(clip))


def _only_idr(clip: Clip) -> bool:
    """Whether every key frame of an H.264 clip in MP4 or Matroska is a real one."""
    with open_clip(clip.path) as container:
        stream = picture_stream(container, clip.path)
        head = stream.codec_context.extradata
        if not head or head[0] != 1:  # ISO 14496-15: its configuration says how long a unit's length is
            return False
        width = (head[4] & 3) + 1
        return all(_IDR in _units(bytes(packet), width) for packet in container.demux(stream) if packet.is_keyframe)


def _units(packet: bytes, width: int) -> set[int]:
    """The types of the units in a packet."""
    types, at = set(), 0
    while at + width < len(packet):
        types.add(packet[at + width] & 31)
        at += width + int.from_bytes(packet[at : at + width], "big")
    return types
