"""Where a medium lies: inside its folder, and there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..io.errors import PictureFault

# Archives of strangers may hold links to anywhere. Who has laid links says so, once for all commands and processes.
FOLLOW_LINKS = "EMOLLM_FOLLOW_LINKS"
_LEADS_OUT, _FOLLOW = "leads out of the folder", f"if its links are your own, set {FOLLOW_LINKS}=1"
OUTSIDE = f"{_LEADS_OUT}; {_FOLLOW}"
_ADDRESS = re.compile(r"(^|/)(https?|ftp|s3|gs):/")


def leads_out(path: Path, root: Path) -> bool:
    """Whether `path` lies outside `root`, which is a resolved path, once links are followed.

    With `EMOLLM_FOLLOW_LINKS=1` a link that lies inside may lead anywhere; an absolute name and `..` still lead out.
    """
    try:
        if os.environ.get(FOLLOW_LINKS) == "1":
            inside = Path(os.path.abspath(path))
            return not any(one.resolve() == root for one in (inside, *inside.parents))
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
