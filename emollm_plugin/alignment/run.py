"""`emollm align`: from LLaVA's training JSON to an aligned `mm_projector.bin`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from emobench_data.io.errors import InputError

from ..attach import register
from ..checkpoints.load import check_folder, check_tokenizer
from ..media.hearing import NAME, build_projector, front_of
from ..projector.grid import grid_side
from ..projector.multiperspective import MultiPerspectiveProjector
from ..towers.kept import feature_cache_of, keep_features
from ..training.preflight import check_projector_type, check_tower_name
from ..training.records import load_records
from .align import PREFIX, align, encode_pictures, save_projectors, words_of
from .pairs import WORDS, labelled
from .settle import check_share, settle
from .sounds import align_sounds, encode_sounds

logger = logging.getLogger(__name__)


def align_projector(
    data: Path,
    images: Path,
    base: str,
    tower: str,
    out: Path,
    *,
    projector: str,
    layer: int,
    steps: int,
    learning_rate: float,
    batch: int,
    most: int,
    residual: float,
    seed: int,
    faulty_media: float = 0.0,
    feature_cache: Path | None = None,
    feature_cache_gb: float = 20.0,
    audio_tower: str | None = None,
    audio_layer: int | None = None,
    audio_projector: str = "multiperspective",
) -> None:
    """Make fresh projectors, align them with the labels in `data` and write them to `out`.

    Args:
        data: LLaVA's training JSON.
        images: the folder that its pictures and sounds lie in.
        base: the language model, a folder or hub name.
        tower: as the host's `--vision_tower`.
        out: the `mm_projector.bin` to write; of pictures or of sounds alone where only these have labels.
        projector: as the host's `--mm_projector_type`.
        layer: as the host's `--mm_vision_select_layer`.
        steps, learning_rate, batch: of the alignment; a cosine schedule, AdamW without decay.
        most: pairs at most, whose encoder features are held in memory (for CLIP-L/336 1.2 MB each).
        residual: share that tokens keep of what lies beside the labels' words, see `residual.py`.
        seed: of the draw, the projector and the order.
        faulty_media: share of the media that may be missing or faulty, and are left out then.
        feature_cache, feature_cache_gb: as the host's `--mm_feature_cache`: what the frozen vision tower gives is kept there.
        audio_tower, audio_layer, audio_projector: as the host's `--mm_audio_tower` and so on, for a model that hears.

    Raises:
        InputError: `residual` is no share, a projector has nothing to train or takes no such grid, there are no labels, or
            the data, a medium, a tower or the base model cannot be read.
    """
    check_share(residual)
    register()
    check_projector_type(projector)
    check_tower_name(tower)
    check_folder(base)
    check_tokenizer(base)
    if audio_tower:
        front_of(SimpleNamespace(mm_audio_tower=audio_tower, mm_audio_select_layer=audio_layer))  # before all that takes long
    pairs = labelled(load_records(str(data), hears=True), most=most, seed=seed, hears=audio_tower is not None)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    words = words_of(base, sorted({pair.label for some in pairs.values() for pair in some}), device)
    config = SimpleNamespace(
        mm_vision_tower=tower,
        mm_vision_select_layer=layer,
        mm_vision_select_feature="patch",
        mm_projector_type=projector,
        mm_feature_cache=feature_cache,
        mm_feature_cache_gb=feature_cache_gb,
        mm_audio_tower=audio_tower,
        mm_audio_select_layer=audio_layer,
        mm_audio_projector_type=audio_projector,
        hidden_size=words.mean.shape[0],
    )
    made = {}
    how: Any = {"steps": steps, "learning_rate": learning_rate, "batch": batch, "seed": seed}
    for kind, some in pairs.items():
        torch.manual_seed(seed)
        fresh, encode = (_for_pictures if kind == "image" else _for_sounds)(config, words.mean)
        if not any(True for _ in fresh.parameters()):
            raise InputError("a projector that has nothing to train cannot be aligned; name another")
        features = encode(sorted({pair.medium for pair in some}), images, faulty_media)
        some = [pair for pair in some if pair.medium in features]
        if kind == "image" and (cache := feature_cache_of(config)):
            logger.info(cache.hit_rate())
        share, reach = (align if kind == "image" else align_sounds)(fresh, features, some, words, **how)
        settle(fresh, words, reach if kind == "audio" else 1.0, residual)  # pictures' tokens stay as far out, see there
        made[PREFIX if kind == "image" else f"model.{NAME}."] = fresh
        logger.info(
            "word alignment: %d %s, %d labels, %d steps; %.1f %% of them nearest to their own label, tokens %.1f times as far "
            "out as words: %s",
            len(some),
            WORDS[kind],
            len(words.labels),
            steps,
            100 * share,
            reach,
            out,
        )
    save_projectors(made, out)


Made = tuple[nn.Module, Callable[[Sequence[str], Path, float], dict[str, Tensor]]]


def _for_pictures(config: SimpleNamespace, like: Tensor) -> Made:
    """A fresh projector on the device of `like`, and what encodes pictures for it."""
    from llava.model.multimodal_encoder.builder import build_vision_tower
    from llava.model.multimodal_projector.builder import build_vision_projector

    encoder = build_vision_tower(config).to(like.device)
    keep_features(encoder, feature_cache_of(config))
    config.mm_hidden_size = encoder.hidden_size
    made = build_vision_projector(config).float().to(like.device)
    if isinstance(made, MultiPerspectiveProjector):
        grid_side(encoder.num_patches, made.tokens)
    return made, partial(encode_pictures, encoder)


def _for_sounds(config: SimpleNamespace, like: Tensor) -> Made:
    config.mm_audio_hidden_size = front_of(config).hidden_size
    return build_projector(config).float().to(like.device), partial(encode_sounds, config, like)
