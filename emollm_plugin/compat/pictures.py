"""llava 1.2.2 opens pictures by `Image.open(...).convert("RGB")`: photographs with an EXIF turn lie on their side then,
transparent parts show the colours that are hidden in them, and 16 bits become white. Here its `Image` opens them as
`emobench_data` does, so that training, LLaVA's own evaluation scripts and everything of ours see the same picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wrapt


class AsSeen(wrapt.ObjectProxy):
    """The module `PIL.Image`, of which `open` gives a picture as people see it, decoded and in RGB."""

    def open(self, fp: Any, mode: str = "r", formats: Any = None) -> Any:
        """As `PIL.Image.open`; raises `PictureFault` for what is no picture."""
        from emobench_data.media.pictures import read_picture

        if formats is not None:
            return self.__wrapped__.open(fp, mode, formats)
        return read_picture(Path(os.fsdecode(fp)) if isinstance(fp, (str, bytes, os.PathLike)) else fp)


def see_pictures(module: Any) -> None:
    """Let a module of the host open pictures as people see them."""
    if not isinstance(module.Image, AsSeen):
        module.Image = AsSeen(module.Image)


@contextmanager
def as_people_see_them() -> Iterator[None]:
    """The same for a module that is run as a program meanwhile, which asks `PIL` for `Image` as it begins."""
    import PIL.Image

    before = PIL.Image
    vars(PIL)["Image"] = before if isinstance(before, AsSeen) else AsSeen(before)
    try:
        yield
    finally:
        PIL.Image = before
