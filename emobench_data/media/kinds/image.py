"""Pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..kind import Finding, MediumKind

if TYPE_CHECKING:
    from ..video import Sampling


class Picture(MediumKind):
    """A picture, or the first frame of one that moves."""

    name, checking = "image", "checking pictures"

    def open(self, path: Path, sampling: Sampling) -> Finding:
        from ..pictures import check_picture

        check_picture(path)
        return Finding(None)


KIND = Picture()
