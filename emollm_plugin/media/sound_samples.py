"""Sounds in the host's data set: beside a sample's picture or alone, and a clip's own after its frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from ..prompt.media import as_images, told_apart, with_media
from .clips import clip_below
from .sound_cache import SoundCache, sound_cache_of

COLUMNS = 2  # of a spectrum that give one position of the encoder
POSITIONS = 50  # of it, a second


@dataclass
class Sound:
    """One sound on its way to a model.

    Args:
        spectrum: (80, F), what the audio tower takes, or None where its features are known.
        features: (P, C), what it gives.
        cache: where its features go for later, under `key`, or None.
    """

    spectrum: Tensor | None = None
    features: Tensor | None = None
    cache: SoundCache | None = None
    key: str = ""

    def __len__(self) -> int:
        """Positions of the encoder."""
        if self.features is not None:
            return len(self.features)
        assert self.spectrum is not None  # one of the two is known
        return -(-self.spectrum.shape[-1] // COLUMNS)

    def keep(self, features: Tensor) -> None:
        """Take note of the features (P, C) that the tower has just made."""
        if self.cache:
            self.cache.keep_features(self.key, features)

    @classmethod
    def silence(cls, width: int) -> Sound:
        """One position of nothing, for the projector to take part in a step without sounds."""
        return cls(features=torch.zeros(1, width))


@dataclass(frozen=True)
class SoundReader:
    """Sounds as a model gets them; one of these serves its training and its evaluation.

    Args:
        spectrum: of a wave (T,) at 16 kHz, (80, F); the audio tower's `features`.
        tokens: that the projector gives of a sound, 0 for one of each position.
        of_clips: whether a clip's own sound is heard.
        encoder: what tells the audio tower and its layer from others.
        cache: where features of sounds are kept for later epochs, or None.
    """

    spectrum: Callable[[Any], Tensor]
    tokens: int = 0
    of_clips: bool = False
    encoder: tuple[Any, ...] = ()
    cache: SoundCache | None = None

    def with_cache(self, data_args: Any) -> SoundReader:
        """Such a one that keeps features where a command line says."""
        return replace(self, cache=sound_cache_of(data_args, self.encoder))

    def sound(self, path: Path, start: float | None = None, end: float | None = None) -> Sound:
        """The sound of a file, or from `start` to `end` seconds; raises `InputError` if it is missing or cannot be read."""
        from .sounds import read_sound

        if self.cache is None or not path.is_file():
            return Sound(self.spectrum(read_sound(path, start, end)))
        key = self.cache.key_of(path, start, end)
        features = self.cache.features(key)
        if features is not None:
            return Sound(features=features)
        return Sound(self.spectrum(read_sound(path, start, end)), cache=self.cache, key=key)

    def own_sound(self, clip: Path) -> Sound | None:
        """The sound of a clip, of a longer one its first 30 s; None where it has none, or where it is not asked for."""
        from .sounds import own_span

        span = own_span(clip) if self.of_clips and clip.is_file() else None
        return self.sound(clip, *span) if span else None

    def tokens_of(self, sounds: Sequence[Sound]) -> int:
        """Tokens that so many sounds take."""
        return sum(self.tokens or len(sound) for sound in sounds)

    def tokens_ahead(self, record: dict, folder: Path) -> int:
        """Tokens that the sound of a training record takes; where each takes as many, a clip is counted as if it had one."""
        name = record.get("audio") or (record.get("video") if self.of_clips else None)
        if name is None or self.tokens:
            return self.tokens if name else 0
        from .sounds import MAX_SECONDS, own_span, sound_seconds

        file = folder / name
        if "audio" not in record and not (file.is_file() and own_span(file)):
            return 0
        seconds = sound_seconds(file)
        if seconds is None:
            return len(self.sound(file, end=MAX_SECONDS))
        return math.ceil(min(seconds, MAX_SECONDS) * POSITIONS)


def sound_samples(host_getitem: Callable, host: ModuleType) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a record with `audio`, or with a clip that is heard, gives `sounds` too.

    Whoever starts a training that hears puts its `SoundReader` into the class, as `sounds`, otherwise None.

    Args:
        host: the module `llava.train.train`.
    """

    def __getitem__(self, index):
        sample, record = host_getitem(self, index), self.list_data_dict[index]
        if self.sounds is None:
            return sample
        folder = Path(self.data_args.image_folder or "")
        if "audio" in record:
            sound = self.sounds.sound(clip_below(folder, record["audio"]))
        else:
            sound = self.sounds.own_sound(clip_below(folder, record["video"])) if "video" in record else None
        if sound is None:
            return sample
        ids, labels = encode_heard(host, record, self.data_args, self.tokenizer)
        return {**sample, "input_ids": ids, "labels": labels, "sounds": [sound]}

    return __getitem__


def encode_heard(host: ModuleType, record: dict, options: Any, tokenizer: Any) -> tuple[Tensor, Tensor]:
    """Ids and labels (N,) of a record with a sound, of its own or of its clip."""
    turns = with_media(record["conversations"], own_sound="audio" not in record)
    [turns] = host.preprocess_multimodal([turns], options)
    turns, signs = as_images(turns)
    encoded = host.preprocess([turns], tokenizer, has_image=True)
    ids = told_apart(encoded["input_ids"][0].tolist(), signs)
    return torch.tensor(ids), encoded["labels"][0]
