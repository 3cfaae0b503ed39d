"""Which frames of a clip are read: at equal distances, at a fixed rate, or around a moment (our design)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...io.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Always exactly `frames` frames, in order; a clip with fewer repeats some.

    Args:
        frames: how many.
        fps: frames a second from the clip's start on, its last one repeated where it ends; None spreads the frames
            over the whole clip, first and last among them.
        around: seconds from the clip's start, with the frames spread over `span` seconds around; None for the clip.
        span: seconds.

    Raises:
        InputError: a number out of its range, or both `fps` and `around`.
    """

    frames: int = 8
    fps: float | None = None
    around: float | None = None
    span: float = 2.0

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 4096:
            raise InputError(f"sampling: frames={self.frames} must be from 1 to 4096")
        for name, value, low in (("fps", self.fps, 0), ("span", self.span, 0), ("around", self.around, -1)):
            if value is not None and not (math.isfinite(value) and value > low and (low == 0 or value >= 0)):
                raise InputError(f"sampling: {name}={value} must be a number above 0 (around: or 0)")
        if self.fps is not None and self.around is not None:
            raise InputError("sampling: fps and around are two ways to choose frames; give one")

    @property
    def by_seconds(self) -> bool:
        """Whether it needs to know when a frame is shown."""
        return self.fps is not None or self.around is not None

    def choose(self, times: np.ndarray) -> list[int]:
        """Indices into `times`, the frames' times in seconds in ascending order, at least one: the nearest ones."""
        start, end = float(times[0]), float(times[-1])
        if self.fps is not None:
            wanted = start + np.arange(self.frames) / self.fps
        elif self.around is not None:
            wanted = start + self.around + self.span * np.linspace(-0.5, 0.5, self.frames)
        else:
            wanted = np.linspace(start, end, self.frames)
        return np.interp(wanted, times, np.arange(len(times))).round().astype(int).tolist()
