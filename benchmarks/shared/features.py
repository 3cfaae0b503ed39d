"""Features of the frozen encoder, computed once per tower, layer and data set and kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from types import SimpleNamespace

import torch
from torch import Tensor

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError
from emollm_plugin.alignment.align import encode_pictures


def features_of(
    tower: str, layer: int, images: Sequence[str], root: Path, kept: Path, device: torch.device
) -> dict[str, Tensor]:
    """Patch tokens (N, C) of each picture, float16, as word alignment computes them.

    Args:
        images: paths below `root`.
        kept: the file that keeps them; what it lacks is added.
        device: that the encoder runs on; the features stay in the file, read when they are used.
    """
    known = _load(kept) if kept.is_file() else {}
    missing = sorted(set(images) - known.keys())
    if missing:
        from llava.model.multimodal_encoder.builder import build_vision_tower

        config = SimpleNamespace(mm_vision_tower=tower, mm_vision_select_layer=layer, mm_vision_select_feature="patch")
        known |= encode_pictures(build_vision_tower(config).to(device), missing, root)
        with atomic_file(kept) as file:
            torch.save(known, file)
    return {image: known[image] for image in set(images)}


def _load(kept: Path) -> dict[str, Tensor]:
    try:
        return torch.load(kept, weights_only=True, mmap=True)
    except (RuntimeError, OSError, EOFError, UnpicklingError) as error:
        raise InputError(f"{kept}: features that cannot be read; remove the file, and they are computed again") from error
