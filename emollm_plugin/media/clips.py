"""Clips in the host's training and in evaluation: a clip's frames stand where a picture would, under one `<image>`.

The host (llava 1.2.2) already takes several pictures for one `<image>`, as the list of crops of one photograph: all
frames of a batch go through the tower and the projector in one call, so that no rank runs what another does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from emobench_data.io.shards import ShardedRecords
from emobench_data.media.examine import OUTSIDE, leads_out
from emobench_data.media.video import ClipFault, FrameCache, Sampling, read_frames

from ..projector.options import ProjectorOptions
from ..prompt.media import IMAGE, VIDEO

# Under this key of config.json training notes whether its records had clips, whose frames evaluation shows then.
CLIPS_KEY = "emollm_clips"
# Of this thread: batches may be encoded side by side.
_clip_lengths: ContextVar[list[int] | None] = ContextVar("frames of each clip that is being encoded", default=None)


@dataclass(frozen=True)
class ClipReader:
    """Clips as a model gets them; one of these serves its training and its evaluation.

    Args:
        sampling: which frames.
        cache: where they are kept for later epochs, or None.
    """

    sampling: Sampling
    cache: FrameCache | None = None

    @classmethod
    def of(cls, projector_type: str, cache: FrameCache | None = None) -> ClipReader:
        """The reader of a model with this projector; those of others read as many frames as ours do by default."""
        options = ProjectorOptions.of(projector_type) or ProjectorOptions()
        return cls(Sampling(frames=options.frames), cache)

    def frames(self, path: Path, processor: Any) -> np.ndarray:
        """The frames of a clip, (T, H, W, 3), uint8, no larger than a vision tower with this image processor sees.

        Raises:
            ClipFault: the clip is missing or cannot be read.
        """
        read = self.cache.frames if self.cache else read_frames
        return read(path, self.sampling, side=processor.crop_size["height"]).pixels


def clip_below(root: Path, name: str) -> Path:
    """The clip `name`, a file or folder, of the folder `root`; raises `ClipFault` if it leads out of that."""
    if leads_out(root / name, root.resolve()):
        raise ClipFault(f"{root / name}: {OUTSIDE}", OUTSIDE)
    return root / name


def pixels_of(frames: np.ndarray, processor: Any, aspect: str | None) -> Tensor:
    """Frames (T, H, W, 3) as the vision tower takes them, (T, 3, S, S), each made ready as the host does a picture.

    Args:
        processor: the vision tower's image processor.
        aspect: the host's `image_aspect_ratio`; frames are never cut into crops (`anyres`).
    """
    from llava.mm_utils import process_images

    images = [Image.fromarray(frame) for frame in frames]
    return process_images(images, processor, SimpleNamespace(image_aspect_ratio="pad" if aspect == "pad" else None))


def clip_samples(host_getitem: Callable, host: ModuleType) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a record with `video` gives its frames as `image`, (T, 3, S, S).

    Whoever starts a training puts its `ClipReader` into the class, as `clips`.

    Args:
        host: the module `llava.train.train`.
    """

    def __getitem__(self, index):
        record = self.list_data_dict[index]
        if "video" not in record:
            return host_getitem(self, index)
        options = self.data_args
        frames = self.clips.frames(clip_below(Path(options.image_folder), record["video"]), options.image_processor)
        pixels = pixels_of(frames, options.image_processor, options.image_aspect_ratio)
        turns = as_picture(record["conversations"])
        encoded = host.preprocess(host.preprocess_multimodal([turns], options), self.tokenizer, has_image=True)
        return {"input_ids": encoded["input_ids"][0], "labels": encoded["labels"][0], "image": pixels}

    return __getitem__


def as_picture(turns: Sequence[dict]) -> list[dict]:
    """Copies of a clip's turns, with `<image>` where `<video>` stood."""
    return [{**turn, "value": turn["value"].replace(VIDEO, IMAGE)} for turn in turns]


def clips_count_as_pictures(host_lengths: property) -> property:
    """Replace `lengths` and `modality_lengths` of the host's data set, which tell records with a medium from text."""

    def lengths(self: Any) -> list[int]:
        records = ({**one, "image": one[kind]} if (kind := _other(one)) else one for one in self.list_data_dict)
        return host_lengths.fget(SimpleNamespace(list_data_dict=records))  # type: ignore[misc]  # it has a getter

    return property(lengths)


def _other(record: dict) -> str | None:
    """The medium of a record, of a kind that the host does not know."""
    return next((kind for kind in ("video", "audio") if kind in record), None)


def note_clips(config: Any, data: Any) -> None:
    """Let a model's configuration say whether it has learnt from the frames of clips, of the host's data set `data`."""
    records = data.list_data_dict
    sharded = isinstance(records, ShardedRecords)
    setattr(config, CLIPS_KEY, bool(records.having("video").any()) if sharded else any("video" in one for one in records))


def cache_of(data_args: Any) -> FrameCache | None:
    """The frame cache that a command line asks for."""
    if data_args.frame_cache is None:
        return None
    return FrameCache(Path(data_args.frame_cache), limit=data_args.frame_cache_gb * 1e9)


def noting_clips(host_prepare: Callable) -> Callable:
    """Wrap `prepare_inputs_labels_for_multimodal`: what it hands on as one row of pictures keeps its clips' lengths."""

    def prepare_inputs_labels_for_multimodal(self, ids, positions, mask, cache, labels, images, *more, **named):
        with clips_noted(images):
            return host_prepare(self, ids, positions, mask, cache, labels, images, *more, **named)

    return prepare_inputs_labels_for_multimodal


@contextmanager
def clips_noted(images: Tensor | Sequence[Tensor] | None) -> Iterator[None]:
    """Inside, `encode_images` knows which of `images`, handed to it as one row, are frames of one clip."""
    token = _clip_lengths.set(clip_lengths(images))
    try:
        yield
    finally:
        _clip_lengths.reset(token)


def clip_lengths(images: Tensor | Sequence[Tensor] | None) -> list[int] | None:
    """How many frames each sample that has some has; a still is a clip of one. None where none of them can be a clip."""
    if images is None or (isinstance(images, Tensor) and images.ndim < 5):
        return None
    return [len(image) if image.ndim == 4 else 1 for image in images if image.ndim < 4 or len(image)]


def with_clip_lengths(host_encode: Callable) -> Callable:
    """Wrap `encode_images`: a projector that reads across frames is told where a clip begins and ends."""

    def encode_images(self, images, *more, **named):
        projector, lengths = self.get_model().mm_projector, _clip_lengths.get()
        if lengths is None or not getattr(projector, "reads_clips", False):
            return host_encode(self, images, *more, **named)
        return projector(self.get_vision_tower()(images), clips=lengths)

    return encode_images
