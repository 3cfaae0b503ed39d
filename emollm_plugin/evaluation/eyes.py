"""Pictures and clips as a checkpoint gets them: here alone it is decided how it sees a clip."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from emobench_data.export import STORYBOARD_LINE
from emobench_data.media import kind_of, open_picture
from emobench_data.pictures import as_seen
from emobench_data.storyboard import drawn, tile

from ..video import CLIPS_KEY, ClipReader, clip_below, pixels_of


@dataclass(frozen=True)
class Seen:
    """A picture or clip made ready for the model.

    Args:
        pixels: (3, S, S), or (M, 3, S, S) for several crops of a picture or the frames of a clip.
        size: of the picture (width, height), for crops.
        shown: a picture of what the model gets, for people to look at.
        medium: `image` or `video`, as a question calls it.
        line: what stands before a question about it.
    """

    pixels: Tensor
    size: tuple[int, int]
    shown: Image.Image
    medium: str = "image"
    line: str = ""


class Eyes:
    """Opens what is asked about, for one checkpoint.

    One that was trained on clips gets a clip's frames, those that training read; any other, which knows pictures
    only, a storyboard with the line that explains it.

    Args:
        processor: the vision tower's image processor.
        config: the model's.
    """

    def __init__(self, processor: Any, config: Any) -> None:
        self.processor, self.config = processor, config
        trained = getattr(config, CLIPS_KEY, False)
        self.clips = ClipReader.of(getattr(config, "mm_projector_type", "linear")) if trained else None

    def picture(self, image: Image.Image) -> Seen:
        """A picture as people see it, made ready as LLaVA's evaluation scripts do."""
        from llava.mm_utils import process_images

        image = as_seen(image)
        return Seen(process_images([image], self.processor, self.config)[0], image.size, image)

    def clip(self, root: Path | str, name: str) -> Seen:
        """The clip `name` below the folder `root`.

        Raises:
            ClipFault: the clip leads out of `root`, is missing or cannot be read.
        """
        path = clip_below(Path(root), name)
        if self.clips is None:
            board = self.picture(Image.open(io.BytesIO(drawn(path))))
            return Seen(board.pixels, board.size, board.shown, "video", f"{STORYBOARD_LINE}\n")
        frames = self.clips.frames(path, self.processor)
        pixels = pixels_of(frames, self.processor, getattr(self.config, "image_aspect_ratio", None))
        return Seen(pixels, (pixels.shape[-1], pixels.shape[-2]), tile(frames, columns=4), "video")

    def open(self, path: Path | str) -> Seen:
        """The picture or clip of a file, or of a folder of frames, by its content.

        Raises:
            InputError: it is not there, or cannot be decoded.
        """
        path = Path(path).resolve()
        return self.clip(path.parent, path.name) if is_clip(path) else self.picture(open_picture(path, path.parent))


def is_clip(path: Path) -> bool:
    """Whether a file or folder, of which no record says it, is a clip."""
    return kind_of(path) == "video"
