"""One picture, clip or sound after another, from files and folders: `emollm ask` of many."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError
from emobench_data.media.kinds import KINDS
from emobench_data.media.video import SUFFIXES
from emobench_data.media.video.stills import FRAME_SUFFIXES

from ..evaluation.eyes import Span
from ..evaluation.predictor import Predictor
from .ask import ask_all
from .sub_task import About

AT_ONCE = 8
KNOWN = (*FRAME_SUFFIXES, *SUFFIXES, *KINDS.get("audio").suffixes)  # how the names of pictures, clips and sounds end
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def found(words: Sequence[str], *, clip: bool = False) -> tuple[list[Path], str | None, bool]:
    """The media that a command line names, its question if it ends in one, and whether it names one single medium.

    Args:
        words: files and folders; the last of several may be a question: what is no path here and has no medium's ending.
        clip: whether a folder is one clip, of its frames; else what lies in it and below is taken, in the order of names.

    Raises:
        InputError: a file is not there, is a web address, or a folder holds no picture, clip or sound.
    """
    words = [os.fspath(word) for word in words]
    question = words.pop() if len(words) > 1 and is_question(words[-1]) else None
    media: list[Path] = []
    for word in words:
        if _ADDRESS.match(word):
            raise InputError(f"{word}: a web address; download the file and name that")
        path = Path(word)
        media += _below(path) if path.is_dir() and not clip else [path]
        if not os.path.exists(path):
            raise InputError(f"{path}: missing; name a picture, a clip, a sound or a folder of them")
    return media, question, len(words) == 1 and (clip or not Path(words[0]).is_dir())


def is_question(word: str) -> bool:
    """Whether a word of a command line is no path here, and has no medium's ending."""
    return not os.path.exists(word) and not _ADDRESS.match(word) and not word.lower().endswith(KNOWN)


def _below(folder: Path) -> list[Path]:
    media = [path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(KNOWN) and path.is_file()]
    media = [path for path in media if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not media:
        raise InputError(f"{folder}: holds no picture, clip or sound ({', '.join(KNOWN)}); name another folder")
    return media


def answer_each(
    predictor: Predictor,
    media: Sequence[Path],
    question: str | None,
    labels: Sequence[str] | None,
    about: About | None = None,
    *,
    audio: Path | None = None,
    span: Span | None = None,
) -> Iterator[dict[str, Any]]:
    """What `ask_all` says of each medium, its path under `medium`; of one that cannot be read, the reason under `error`.

    Args:
        audio: the file of a sound that is heard with each picture or clip.
        span: of sounds, from and to so many seconds.
    """
    for start in range(0, len(media), AT_ONCE):
        part, seen, faults = media[start : start + AT_ONCE], {}, {}
        for path in part:
            try:
                seen[path] = predictor.eyes.open(path, audio, span)
            except InputError as error:
                faults[path] = str(error)
        answered = dict(zip(seen, ask_all(predictor, [*seen.values()], question, labels=labels, about=about))) if seen else {}
        for path in part:
            yield {"medium": str(path), **(answered[path] if path in answered else {"error": faults[path]})}
