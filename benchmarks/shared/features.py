"""Features of the frozen encoder, computed once per tower, layer and data set and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from pickle import UnpicklingError
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError
from emollm_plugin.alignment.align import encode_pictures
from emollm_plugin.alignment.sounds import encode_sounds


def features_of(
    tower: str, layer: int, images: Sequence[str], root: Path, kept: Path, device: torch.device
) -> dict[str, Tensor]:
    """Patch tokens (N, C) of each picture, float16, as word alignment computes them.

    Args:
        images: paths below `root`.
        kept: the file that keeps them; what it lacks is added.
        device: that the encoder runs on; the features stay in the file, read when they are used.
    """

    def encode(missing: list[str]) -> dict[str, Tensor]:
        from llava.model.multimodal_encoder.builder import build_vision_tower

        config = SimpleNamespace(mm_vision_tower=tower, mm_vision_select_layer=layer, mm_vision_select_feature="patch")
        return encode_pictures(build_vision_tower(config).to(device), missing, root)

    return _kept(images, kept, encode)


def sound_features_of(config: Any, sounds: Sequence[str], root: Path, kept: Path, device: torch.device) -> dict[str, Tensor]:
    """The same of sounds: positions (P, C) of each, for a model whose `config` says how it hears."""
    return _kept(sounds, kept, lambda missing: encode_sounds(config, torch.zeros(1, device=device), missing, root))


def _kept(media: Sequence[str], kept: Path, encode: Callable[[list[str]], dict[str, Tensor]]) -> dict[str, Tensor]:
    known = _load(kept) if kept.is_file() else {}
    missing = sorted(set(media) - known.keys())
    if missing:
        known |= encode(missing)
        with atomic_file(kept) as file:
            torch.save(known, file)
    return {name: known[name] for name in set(media)}


def _load(kept: Path) -> dict[str, Tensor]:
    try:
        return dict(torch.load(kept, weights_only=True, mmap=True).items())
    except (RuntimeError, OSError, EOFError, AttributeError, UnpicklingError) as error:
        raise InputError(f"{kept}: features that cannot be read; remove the file, and they are computed again") from error
