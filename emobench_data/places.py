"""Where a medium lies: inside its folder, and there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import PictureFault

_LEADS_OUT = "leads out of the folder"
# Archives of strangers may hold links to anywhere; who has laid links says so.
_FOLLOW = "where links are your own, follow them: --follow-links, in training --follow_links True"
OUTSIDE = f"{_LEADS_OUT}; {_FOLLOW}"
_ADDRESS = re.compile(r"(^|/)(https?|ftp|s3|gs):/")


def leads_out(path: Path, root: Path) -> bool:
    """Whether `path` lies outside `root`, which is a resolved path, once links are followed."""
    try:
        return not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # links in a circle, names no file can have
        return True


def is_there(path: Path) -> bool:
    """Whether `path` is a file, or a folder, which may hold the frames of a clip; also for names that none can have."""
    return os.path.isfile(path) or os.path.isdir(path)


def check_place(path: Path, root: Path) -> None:
    """Raise `PictureFault` where `path` leads out of `root`, a resolved path, or is not there."""
    if _ADDRESS.search(path.as_posix()):
        raise PictureFault.of(path, "a web address", "download it and name the file")
    if leads_out(path, root):
        raise PictureFault.of(path, _LEADS_OUT, _FOLLOW)
    if not is_there(path):
        raise PictureFault.of(path, "missing")
