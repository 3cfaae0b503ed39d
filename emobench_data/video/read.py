"""Read chosen frames of a clip by seeking: with decord where it is installed and exact, else with PyAV.

Containers whose seeks are not exact are decoded from the start, by PyAV: in MPEG-TS, decord 0.6.0 gives wrong frames
without an error. PyAV also reads what decord cannot open (GIF, AV1), and clips of several picture streams, of which the
two libraries choose different ones.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np
from PIL import Image

from ..pyav import load_pyav
from .probe import CLIPS, UNREADABLE, Clip, ClipFault, picture_stream, probe
from .sampling import Sampling

_EXACT = ("mp4", "matroska", "avi")


class Frames(NamedTuple):
    """What was read."""

    pixels: np.ndarray  # (T, H, W, 3) uint8 RGB, upright; an alpha channel is dropped
    times: np.ndarray  # (T,) float64, seconds from the clip's first frame


def read_frames(path: Path, sampling: Sampling, *, side: int | None = None, decord: bool | None = None) -> Frames:
    """The frames of `path` that `sampling` chooses.

    Nothing is kept open between calls, so that it may be called in forked or spawned processes, and with PyAV in threads:
    of 725 processes that read their first clips in two threads, decord 0.6.0 ended 7 with SIGABRT, PyAV none of 874.

    Args:
        side: reduce frames whose shorter side is longer than this.
        decord: False reads with PyAV wherever it is; None takes decord where it is installed and exact.

    Raises:
        ClipFault: see `probe`, or a frame cannot be decoded.
    """
    clip = probe(path)
    indices = sampling.choose(clip.times)
    wanted = sorted(set(indices))
    by_decord = decord is not False and find_spec("decord") is not None and clip.alone and _seeks_exactly(clip)
    frames = (_read_decord(clip, wanted) if by_decord else None) or _read_pyav(clip, wanted)
    by_index = dict(zip(wanted, (_reduced(frame, side) for frame in frames)))
    if len({frame.shape for frame in by_index.values()}) > 1:
        raise ClipFault(path, "the frames change their size within the clip", "encode it again at one size")
    return Frames(np.stack([by_index[index] for index in indices]), clip.times[indices] - clip.times[0])


def _seeks_exactly(clip: Clip) -> bool:
    return any(name in clip.container for name in _EXACT)


def _read_decord(clip: Clip, wanted: list[int]) -> list[np.ndarray] | None:
    """None where decord cannot open the clip or counts other frames than its packets say: PyAV reads it then."""
    import decord

    decord.logging.set_level(decord.logging.QUIET)  # it prints what it raises
    try:
        reader = decord.VideoReader(str(clip.path), num_threads=1)
        if len(reader) != len(clip.pts):
            return None
        return list(reader.get_batch(wanted).asnumpy())
    except (decord.DECORDError, RuntimeError):
        return None


def _read_pyav(clip: Clip, wanted: list[int]) -> list[np.ndarray]:
    av = load_pyav("reading clips")
    try:
        if _seeks_exactly(clip) and (found := _decode(av, clip, wanted, seek=True)):
            return found
        return _decode(av, clip, wanted, seek=False)
    except av.FFmpegError as error:
        raise ClipFault(clip.path, UNREADABLE) from error


def _decode(av: Any, clip: Clip, wanted: list[int], *, seek: bool) -> list[np.ndarray]:
    """Decode onwards from one wanted frame to the next, and seek where a key frame lies between them.

    Nothing comes back where a seek missed a frame; without seeking, the next frame stands for one that is spoilt.
    """
    found: list[np.ndarray] = []
    with av.open(str(clip.path), container_options=CLIPS) as container:
        stream = picture_stream(container, clip.path)
        frames, last = container.decode(stream), None  # `last`: pts of the frame that came out last
        for index in wanted:
            pts = int(clip.pts[index])
            before = clip.keys[: np.searchsorted(clip.keys, pts, side="right")]
            if seek and (last is None or (before.size and before[-1] > last)):
                container.seek(pts, stream=stream)
                frames = container.decode(stream)
            frame = _reach(frames, pts)
            if seek and (frame is None or frame.pts != pts):
                return []
            if frame is None:
                raise ClipFault(clip.path, f"frame {index + 1} of {len(clip.pts)} cannot be decoded")
            last = frame.pts
            found.append(_upright(frame))
    return found


def _reach(frames: Iterator[Any], pts: int) -> Any:
    return next((frame for frame in frames if frame.pts is not None and frame.pts >= pts), None)


def _upright(frame: Any) -> np.ndarray:
    """As a player turns it: a telephone held upright writes lying frames and how to turn them."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))


def _reduced(frame: np.ndarray, side: int | None) -> np.ndarray:
    height, width = frame.shape[:2]
    if side is None or min(height, width) <= side:
        return frame
    scale = side / min(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))
