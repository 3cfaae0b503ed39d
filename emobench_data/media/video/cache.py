"""Frames kept on disk for later epochs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..kept import KeptArrays
from ..places import is_there
from ..stamp import stamp
from .read import Frames, read_frames, reader_version
from .sampling import Sampling

_LAYOUT = 2  # another number when they are kept differently


class FrameCache(KeptArrays):
    """A folder of frames; see `KeptArrays`."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        super().__init__(folder, limit=limit, name="frame cache", things="clips")

    def frames(self, path: Path, sampling: Sampling, *, side: int | None = None) -> Frames:
        """As `read_frames`; a clip that changed on disk since, or that another version read, is read anew."""
        if not self.limit or not is_there(path):
            return read_frames(path, sampling, side=side)
        key = self.key(_LAYOUT, reader_version(), str(path.resolve()), stamp(path), sampling, side)
        kept = self.load(key)
        if kept is not None and {"pixels", "times", "spoilt"} <= kept.keys():
            return Frames(kept["pixels"], kept["times"], int(kept["spoilt"]))
        frames = read_frames(path, sampling, side=side)
        self.keep(key, {"pixels": frames.pixels, "times": frames.times, "spoilt": np.asarray(frames.spoilt)})
        return frames
