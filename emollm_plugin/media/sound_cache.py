"""What the frozen encoder gives of a sound, kept on disk, so that a second epoch neither reads nor encodes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emobench_data.media.kept import KeptArrays
from emobench_data.media.stamp import stamp
from emobench_data.media.video import reader_version

_LAYOUT = 1  # another number when they are kept differently, or sounds are read differently


class SoundCache(KeptArrays):
    """A folder of features (P, C), float32; see `KeptArrays`.

    What was encoded in another number format is not told apart: a run on a CPU takes what one in bfloat16 has kept.

    Args:
        encoder: all that tells it from others, its layer among it; what another gave is not taken for its own.
    """

    def __init__(self, folder: Path, *, limit: float, encoder: tuple[Any, ...]) -> None:
        super().__init__(folder, limit=limit, name="sound cache", things="sounds")
        self.encoder = encoder

    def key_of(self, path: Path, start: float | None, end: float | None) -> str:
        """The name of a sound as it is on disk now."""
        return self.key(_LAYOUT, reader_version(), str(path.resolve()), stamp(path), start, end, self.encoder)

    def features(self, key: str) -> Tensor | None:
        """(P, C) of a sound that was encoded before, else None."""
        kept = self.load(key)
        return torch.from_numpy(kept["features"]) if kept and "features" in kept else None

    def keep_features(self, key: str, features: Tensor) -> None:
        """Keep what was encoded just now."""
        self.keep(key, {"features": features.detach().float().cpu().numpy()})


def sound_cache_of(data_args: Any, encoder: tuple[Any, ...]) -> SoundCache | None:
    """The cache that a command line asks for, or None."""
    if data_args.sound_cache is None or not data_args.sound_cache_gb:
        return None
    return SoundCache(Path(data_args.sound_cache), limit=data_args.sound_cache_gb * 1e9, encoder=encoder)
