"""What a frozen vision tower gives of a picture, kept on disk: later epochs, runs and alignments do not encode it again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emobench_data.io.errors import InputError
from emobench_data.media.kept import KeptArrays
from emobench_data.media.stamp import stamp

_LAYOUT = 1  # another number when they are kept differently


class FeatureCache(KeptArrays):
    """A folder of features (N, C) in the format that the tower gave them in; see `KeptArrays`.

    They go by the pixels that the tower sees: a picture that was changed, or is padded otherwise, is another one.
    """

    def __init__(self, folder: Path, *, limit: float) -> None:
        super().__init__(folder, limit=limit, name="feature cache", things="pictures")

    def encode(self, forward: Callable[[Tensor], Tensor], images: Tensor, width: int, *tower: Any) -> Tensor:
        """What `forward` gives of images (B, 3, S, S), which it is only asked for those that are not kept: (B, N, C).

        Args:
            width: C, without which an entry is not what was kept.
            tower: all that tells what `forward` does from others.
        """
        keys = [self.key(_LAYOUT, *tower, str(images.dtype), _digest(image)) for image in images]
        found = [self._features(key, images, width) for key in keys]
        new = [place for place, features in enumerate(found) if features is None]
        if new:
            for place, features in zip(new, forward(images[new])):
                found[place] = features
                self.keep(keys[place], {"features": _bytes(features)})
        return torch.stack([features for features in found if features is not None])

    def _features(self, key: str, like: Tensor, width: int) -> Tensor | None:
        kept = self.load(key)
        if kept is None:
            return None
        given = kept.get("features")
        if given is None or given.dtype != np.uint8 or given.ndim != 2 or given.shape[1] != width * like.dtype.itemsize:
            self.drop(key)
            return None
        return torch.from_numpy(given).view(like.dtype).to(like.device)


def _bytes(tensor: Tensor) -> Any:
    # numpy has no bfloat16
    return tensor.detach().cpu().contiguous().view(torch.uint8).numpy()


def _digest(image: Tensor) -> str:
    return hashlib.sha256(repr(tuple(image.shape)).encode() + _bytes(image).tobytes()).hexdigest()


def feature_cache_of(args: Any) -> FeatureCache | None:
    """The cache that a command line asks for, or None."""
    if not getattr(args, "mm_feature_cache", None) or not args.mm_feature_cache_gb:
        return None
    return FeatureCache(Path(args.mm_feature_cache), limit=args.mm_feature_cache_gb * 1e9)


def keep_features(tower: Any, cache: FeatureCache | None) -> None:
    """Let a frozen tower look into `cache`, where there is one, before it encodes.

    Raises:
        InputError: see `identity_of`.
    """
    if cache is None:
        return
    encode, identity = tower.forward, identity_of(tower)

    @torch.no_grad()
    def forward(images: Tensor | list[Tensor]) -> Tensor | list[Tensor]:
        several = images if isinstance(images, list) else [images]
        what = tower.hidden_size, identity, str(tower.dtype)
        given = [cache.encode(encode, each if each.ndim == 4 else each[None], *what) for each in several]
        return given if isinstance(images, list) else given[0]

    tower.forward = forward


def keeping_features(host_initialize: Callable) -> Callable:
    """Wrap `LlavaMetaModel.initialize_vision_modules`: the tower that it makes looks into the cache that is asked for."""

    def initialize_vision_modules(self: Any, model_args: Any, fsdp: Any = None) -> None:
        host_initialize(self, model_args, fsdp)
        keep_features(self.get_vision_tower(), feature_cache_of(model_args))

    return initialize_vision_modules


def identity_of(tower: Any) -> tuple[Any, ...]:
    """What tells a tower and what is read of it from others: its own `identity`, or that of the host's CLIP.

    Raises:
        InputError: it is another package's, and does not say.
    """
    from llava.model.multimodal_encoder.clip_encoder import CLIPVisionTower

    if isinstance(tower, CLIPVisionTower):
        return of_files(tower.vision_tower_name, tower.config, tower.select_layer, tower.select_feature)
    if not hasattr(tower, "identity"):
        name = tower.vision_tower_name
        raise InputError(f"vision tower {name} has no `identity` to keep features by; train without --mm_feature_cache")
    return tower.identity


def of_files(name: str | Path, config: Any, *read: Any) -> tuple[Any, ...]:
    """The identity of a model folder or hub name, of which a layer and such are `read`."""
    place = Path(name).expanduser()
    return str(place.resolve() if place.exists() else name), stamp(place), getattr(config, "_commit_hash", None), *read


def check_room(cache: FeatureCache, tower: Any, pictures: int, size: int) -> None:
    """Whether the features of so many pictures, in numbers of `size` bytes, can be kept there.

    Raises:
        InputError: they do not fit, or the folder cannot be written to; or as `identity_of`.
    """
    identity_of(tower)
    cache.check()
    needed = pictures * tower.num_patches * tower.hidden_size * size
    if needed > cache.limit:
        raise InputError(
            f"feature cache {cache.folder}: {pictures:,} pictures take {needed / 1e9:,.1f} GB, and"
            f" --mm_feature_cache_gb is {cache.limit / 1e9:g}; raise it, or train without the cache (FEATURE_CACHE)"
        )
