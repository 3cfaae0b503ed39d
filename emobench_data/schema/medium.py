"""A medium of a record or a question, and which of them a file of LLaVA's holds together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..media.kinds import KINDS, placeholders

VISUAL = ("image", "video")  # what hosts show, one of the two in a record


class Medium(NamedTuple):
    """One picture, clip or other medium, as a whole: nothing reads a span of one, so that data sets come as cut clips.

    Args:
        kind: `image`, `video` or another kind in `emobench_data.media.kinds`.
        path: relative to the data set's root, POSIX style.
    """

    kind: str
    path: str

    def fault(self) -> str | None:
        """Why it may not stand in an annotation, or None."""
        if self.kind not in KINDS:
            return f"unknown kind of medium {self.kind!r}; known: {', '.join(placeholders())}"
        if not isinstance(self.path, str) or not self.path:
            return f"a medium of kind {self.kind} has no path"
        return path_fault(self.path)


def path_fault(path: str) -> str | None:
    """Say why `path` may not stand in an annotation, or None: it must stay below the media root."""
    if path.startswith(("/", "\\", "~")) or (len(path) > 1 and path[1] == ":"):
        return f"media path {path!r} is absolute; paths are relative to the media root"
    if ".." in path.replace("\\", "/").split("/"):
        return f"media path {path!r} leaves the media root"
    if not path.isprintable() and any(ord(char) < 32 for char in path):
        return f"media path {path!r} holds control characters"
    if not path.isascii() and any("\ud800" <= char <= "\udfff" for char in path):
        return f"media path {path!r} is not valid UTF-8"
    return None


def called(media: Iterable[Medium]) -> str:
    """What a question calls media: `image`, `image and audio`; `text` where there is none."""
    return " and ".join(dict.fromkeys(one.kind for one in media)) or "text"


def crowded(kinds: Sequence[str]) -> str:
    """Why no file of LLaVA's holds media of these kinds in one record, or an empty text.

    A kind is a key there, and hosts read one picture or clip a record (LLaVA 1.2.2 takes `image` for a path).
    """
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice:
        return f"has {kinds.count(twice)} media of kind {twice}"
    return "has an image and a video" if {*VISUAL} <= {*kinds} else ""
