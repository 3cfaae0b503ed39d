"""Frames of a clip by PyAV: by seeking where that is exact, else by decoding it from its start."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ...io.errors import ClipFault
from ..pyav import load_pyav
from .probe import Clip, open_clip, picture_stream
from .sampling import Sampling


class Decoded(NamedTuple):
    """The frames that a sampling chose.

    Args:
        chosen: their numbers in the clip, some perhaps more than once.
        pixels: number -> (H, W, 3), uint8, RGB, upright.
        times: of those chosen, seconds from the clip's first frame.
        spoilt: how many of the frames that were to be read do not decode, so that their neighbours stand for them.
    """

    chosen: list[int]
    pixels: dict[int, np.ndarray]
    times: np.ndarray
    spoilt: int = 0


def by_seeking(clip: Clip, wanted: list[int]) -> dict[int, np.ndarray] | None:
    """The frames `wanted`, ascending; None unless from the key frame before each on every frame comes out in its place.

    It seeks where a key frame lies between two wanted ones, and decodes onwards where none does.
    """
    found: dict[int, np.ndarray] = {}
    at = -1  # the frame that came out last
    frames: Iterator[Any] = iter(())
    with open_clip(clip.path) as container:
        stream = picture_stream(container, clip.path)
        for index in wanted:
            place = int(np.searchsorted(clip.keys, index, side="right")) - 1
            if place < 0:
                return None
            key = int(clip.keys[place])
            if key > at:
                container.seek(int(clip.pts[key]), stream=stream)
                frames, at = _frames(container, stream), key - 1
            while at < index:
                at += 1
                frame = next(frames, None)
                if frame is None or frame.is_corrupt or frame.pts != clip.pts[at]:
                    return None
            found[index] = _upright(frame)
    return found


def by_decoding(clip: Clip, sampling: Sampling) -> Decoded:
    """The frames that `sampling` chooses among those that decode, by their order of coming out, which is always right.

    Raises:
        ClipFault: fewer than half of its frames decode.
    """
    wanted = sampling.choose(clip.times)
    kept, pts = _walk(clip, set(wanted))
    if 2 * len(pts) < len(clip.pts) or not pts:
        raise ClipFault.of(clip.path, f"{len(clip.pts) - len(pts)} of its {len(clip.pts)} frames cannot be decoded")
    times, spoilt = _times(clip, pts), 0
    chosen = wanted if len(pts) == len(clip.pts) else sampling.choose(times)
    if len(pts) < len(clip.pts) and set(pts) <= set(clip.pts.tolist()):  # they are known, and so are those that are lost
        chosen = [int(np.abs(times - time).argmin()) for time in clip.times[wanted]]
        spoilt = len({int(clip.pts[index]) for index in wanted} - set(pts))
    if not kept.keys() >= set(chosen):
        kept, _ = _walk(clip, set(chosen))
    return Decoded(chosen, kept, times[chosen] - clip.times[0], spoilt)


def _times(clip: Clip, pts: list[int | None]) -> np.ndarray:
    """When the frames that decode are shown, in seconds: as they say, if that is in their order."""
    told = [one for one in pts if one is not None]
    if len(told) == len(pts) and all(earlier < later for earlier, later in pairwise(told)):
        return np.array(told) * clip.unit
    if len(pts) == len(clip.pts):
        return clip.times
    return clip.times[0] + np.arange(len(pts)) / clip.rate


def _walk(clip: Clip, keep: set[int]) -> tuple[dict[int, np.ndarray], list[int | None]]:
    """The frames of which the number, among those that decode, is in `keep`; and the pts of all that decode."""
    kept: dict[int, np.ndarray] = {}
    pts: list[int | None] = []
    whole = True  # not since the last key frame has a frame failed, on which others build
    with open_clip(clip.path) as container:
        for frame in _frames(container, picture_stream(container, clip.path)):
            whole = frame is not None and not frame.is_corrupt and (whole or frame.key_frame)
            if whole:
                if len(pts) in keep:
                    kept[len(pts)] = _upright(frame)
                pts.append(frame.pts)
    return kept, pts


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Frames as they come out, and None for a packet that does not decode."""
    av = load_pyav("reading clips")
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def _upright(frame: Any) -> np.ndarray:
    """As a player turns it: a telephone held upright writes lying frames and how to turn them."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))
