"""Clips: files, or folders of frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..kind import Finding, MediumKind

if TYPE_CHECKING:
    from ..video import Sampling


class Clip(MediumKind):
    """A clip, of which some frames are read."""

    name, checking = "video", "checking clips"

    def ready(self) -> None:
        from ..pyav import load_pyav

        load_pyav(self.checking)

    def version(self, sampling: Sampling) -> str:
        return str(sampling)

    def open(self, path: Path, sampling: Sampling) -> Finding:
        from ..video import clip_seconds, read_frames

        spoilt = read_frames(path, sampling, reader="pyav").spoilt  # decord ends processes that use it in threads
        return Finding(None, clip_seconds(path), spoilt)


KIND = Clip()
