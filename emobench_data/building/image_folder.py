"""One folder that all media of a benchmark are named from, where some of them had to be made.

What is made never goes into a data set's own folder, which may be read-only or somebody else's. LLaVA knows one image
folder: so what lies in the data sets is reached from here by links.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import orjson

from ..io.errors import InputError

MEDIA = "media"  # below the folder of a benchmark


def image_folder_of(out: Path, root: Path) -> Path:
    """The folder that media are named from in what `convert` wrote to `out`: `media` there, or the data set's `root`.

    So it is `root` where nothing was written.
    """
    summary = out / "summary.json"
    named = orjson.loads(summary.read_bytes()).get("image_folder") if summary.is_file() else ""
    return out / named if named else root


def unlink_folder(folder: Path, media: Path) -> None:
    """Let nothing that is written into `folder`, below `media`, go into a data set: links of an earlier benchmark go."""
    for place in reversed((folder, *folder.parents)):
        if media in place.parents and place.is_symlink():
            place.unlink()


def link_folder(link: Path, target: Path) -> bool:
    """Make `link` lead to the folder `target`; False where a folder with media of an earlier benchmark stands there."""
    if link.is_dir() and not link.is_symlink():
        return False
    _link(link, target)
    return True


def link_files(folder: Path, root: Path, names: Iterable[tuple[str, str]]) -> None:
    """Make `folder`/name lead to `root`/own, for pairs of a name and the data set's own one."""
    for name, own in names:
        unlink_folder((folder / name).parent, folder)
        _link(folder / name, root / own)


def _link(link: Path, target: Path) -> None:
    target = Path(os.path.abspath(target))
    if link.is_symlink():
        if os.readlink(link) == str(target):
            return
        link.unlink()
    elif link.exists():
        raise InputError(f"{link}: stands where a link to {target} belongs; take another folder for what is written")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
