"""Pictures and clips as a checkpoint gets them: here alone it is decided how it sees a clip."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from emobench_data.export.llava import STORYBOARD_LINE
from emobench_data.media.examine import kind_of, open_picture
from emobench_data.media.pictures import as_seen
from emobench_data.media.storyboard import drawn, tile

from ..media.clips import CLIPS_KEY, ClipReader, clip_below, pixels_of


@dataclass(frozen=True)
class Seen:
    """A picture or clip made ready for the model.

    Args:
        pixels: (3, S, S), or (M, 3, S, S) for several crops of a picture or the frames of a clip.
        size: of the picture (width, height), for crops.
        medium: `image` or `video`, as a question calls it.
        line: what stands before a question about it.
    """

    pixels: Tensor
    size: tuple[int, int]
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
        return Seen(process_images([image], self.processor, self.config)[0], image.size)

    def clip(self, root: Path | str, name: str) -> Seen:
        """The clip `name` below the folder `root`.

        Raises:
            ClipFault: the clip leads out of `root`, is missing or cannot be read.
        """
        path = clip_below(Path(root), name)
        if self.clips is None:
            board = self.picture(Image.open(io.BytesIO(drawn(path))))
            return Seen(board.pixels, board.size, "video", f"{STORYBOARD_LINE}\n")
        frames = self.clips.frames(path, self.processor)
        pixels = pixels_of(frames, self.processor, getattr(self.config, "image_aspect_ratio", None))
        return Seen(pixels, (pixels.shape[-1], pixels.shape[-2]), "video")

    def open(self, path: Path | str) -> Seen:
        """The picture or clip of a file, or of a folder of frames, by its content.

        Raises:
            InputError: it is not there, or cannot be decoded.
        """
        path = Path(path).resolve()
        return self.clip(path.parent, path.name) if is_clip(path) else self.picture(open_picture(path, path.parent))

    def show(self, seen: Seen) -> Image.Image:
        """For people, what the vision tower gets: padded, cut and scaled as it is; the frames of a clip side by side."""
        if seen.pixels.ndim == 3 or seen.medium != "video":
            return picture_of(seen.pixels, self.processor)
        return tile(np.stack([np.asarray(picture_of(frame, self.processor)) for frame in seen.pixels]), columns=4)


def picture_of(pixels: Tensor, processor: Any) -> Image.Image:
    """Pixels (3, S, S) of an image processor as a picture again; of several crops (M, 3, S, S) the first, the whole one."""
    pixels = (pixels[0] if pixels.ndim == 4 else pixels).float().cpu()
    mean, std = (torch.tensor(values)[:, None, None] for values in (processor.image_mean, processor.image_std))
    return Image.fromarray(((pixels * std + mean).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())


def is_clip(path: Path) -> bool:
    """Whether a file or folder, of which no record says it, is a clip."""
    return kind_of(path) == "video"
