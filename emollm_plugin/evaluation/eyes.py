"""Pictures, clips and sounds as a checkpoint gets them: here alone it is decided how it sees a clip."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from emobench_data.export.llava import STORYBOARD_LINE
from emobench_data.io.errors import InputError
from emobench_data.media.examine import kind_of, open_picture
from emobench_data.media.pictures import as_seen
from emobench_data.media.sound import resampled
from emobench_data.media.storyboard import drawn, tile

from ..media.clips import CLIPS_KEY, ClipReader, clip_below, pixels_of
from ..media.sound_samples import Sound, SoundReader
from ..media.sounds import spectrogram

DEAF = "the model does not hear; train one with --mm_audio_tower, or ask without sound"
Span = tuple[float, float]  # seconds


@dataclass(frozen=True)
class Seen:
    """A picture, clip or sound made ready for the model.

    Args:
        pixels: (3, S, S), or (M, 3, S, S) for several crops of a picture or the frames of a clip; None of a sound alone.
        size: of the picture (width, height), for crops.
        medium: `image`, `video` or `audio`, as a question calls it; of a picture or clip with a sound it is the first.
        line: what stands before a question about it.
        sound: what is heard, with what is seen or alone.
    """

    pixels: Tensor | None
    size: tuple[int, int] | None
    medium: str = "image"
    line: str = ""
    sound: Sound | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of media, as a record has them; a clip's own sound is no medium beside it."""
        return (self.medium, "audio") if self.sound and self.medium == "image" else (self.medium,)


class Eyes:
    """Opens what is asked about, for one checkpoint.

    One that was trained on clips gets a clip's frames, those that training read; any other, which knows pictures
    only, a storyboard with the line that explains it.

    Args:
        processor: the vision tower's image processor.
        config: the model's.
        ears: how it reads sounds, None where it does not hear.
    """

    def __init__(self, processor: Any, config: Any, ears: SoundReader | None = None) -> None:
        self.processor, self.config, self.ears = processor, config, ears
        trained = getattr(config, CLIPS_KEY, False)
        self.clips = ClipReader.of(getattr(config, "mm_projector_type", "linear")) if trained else None

    def picture(self, image: Image.Image) -> Seen:
        """A picture as people see it, made ready as LLaVA's evaluation scripts do."""
        from llava.mm_utils import process_images

        image = as_seen(image)
        return Seen(process_images([image], self.processor, self.config)[0], image.size)

    def clip(self, root: Path | str, name: str) -> Seen:
        """The clip `name` below the folder `root`, with its sound for a model that was trained on that of clips.

        Raises:
            ClipFault: the clip leads out of `root`, is missing or cannot be read.
        """
        path = clip_below(Path(root), name)
        if self.clips is None:
            board = self.picture(Image.open(io.BytesIO(drawn(path))))
            return Seen(board.pixels, board.size, "video", f"{STORYBOARD_LINE}\n", self._own_sound(path))
        frames = self.clips.frames(path, self.processor)
        pixels = pixels_of(frames, self.processor, getattr(self.config, "image_aspect_ratio", None))
        return Seen(pixels, (pixels.shape[-1], pixels.shape[-2]), "video", sound=self._own_sound(path))

    def sound(self, path: Path | str, span: Span | None = None) -> Seen:
        """The sound of a file, heard alone, or the `span` of it.

        Raises:
            InputError: it is not there or cannot be read, or the model does not hear.
        """
        if self.ears is None:
            raise InputError(f"{path}: a sound, and {DEAF}")
        return Seen(None, None, "audio", sound=self.ears.sound(Path(path), *(span or ())))

    def samples(self, samples: np.ndarray, rate: int) -> Seen:
        """A sound that is decoded already, (T,) or (channels, T), at so many samples a second. Raises as `sound`."""
        if self.ears is None:
            raise InputError(f"a sound, and {DEAF}")
        return Seen(None, None, "audio", sound=Sound(self.ears.spectrum(resampled(samples, rate))))

    def open(self, path: Path | str, audio: Path | str | None = None, span: Span | None = None) -> Seen:
        """The picture, clip or sound of a file, or of a folder of frames, by its content.

        Args:
            audio: the file of a sound that is heard with it, in place of a clip's own.
            span: of the sound, from and to so many seconds.

        Raises:
            InputError: it cannot be read; there is a sound, and the model does not hear; there is a span, and no sound.
        """
        path = Path(path).resolve()
        kind = kind_of(path)
        if kind == "audio" and audio:
            raise InputError(f"{path}: a sound, and {audio} is another; ask about one of them")
        if kind == "audio":
            return self.sound(path, span)
        if span and not audio:
            raise InputError(f"{path}: no sound, and the span {span[0]:g} to {span[1]:g} s is of a sound; leave --span out")
        seen = self.clip(path.parent, path.name) if kind == "video" else self.picture(open_picture(path, path.parent))
        return replace(seen, sound=self.sound(audio, span).sound) if audio else seen

    def _own_sound(self, clip: Path) -> Sound | None:
        return self.ears.own_sound(clip) if self.ears else None

    def show(self, seen: Seen) -> Image.Image:
        """For people, what the towers get: a picture padded, cut and scaled; a clip's frames side by side; a spectrogram."""
        if seen.pixels is None:
            assert seen.sound is not None and seen.sound.spectrum is not None  # no cache serves what is asked
            return spectrogram(seen.sound.spectrum)
        if seen.pixels.ndim == 3 or seen.medium != "video":
            return picture_of(seen.pixels, self.processor)
        return tile(np.stack([np.asarray(picture_of(frame, self.processor)) for frame in seen.pixels]), columns=4)


def picture_of(pixels: Tensor, processor: Any) -> Image.Image:
    """Pixels (3, S, S) of an image processor as a picture again; of several crops (M, 3, S, S) the first, the whole one."""
    pixels = (pixels[0] if pixels.ndim == 4 else pixels).float().cpu()
    mean, std = (torch.tensor(values)[:, None, None] for values in (processor.image_mean, processor.image_std))
    return Image.fromarray(((pixels * std + mean).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())
