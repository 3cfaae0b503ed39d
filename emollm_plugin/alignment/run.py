"""`emollm align`: from LLaVA's training JSON to an aligned `mm_projector.bin`."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import torch

from emobench_data.io.errors import InputError

from ..attach import register
from ..checkpoints.load import check_folder, check_tokenizer
from ..projector.grid import grid_side
from ..projector.multiperspective import MultiPerspectiveProjector
from ..training.preflight import check_projector_type, check_tower_name
from ..training.records import load_records
from .align import align, encode_pictures, save_projector, words_of
from .pairs import draw_pairs
from .residual import check_share, scale_residual

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
) -> None:
    """Make a fresh projector, align it with the labels in `data` and write it to `out`.

    Args:
        data: LLaVA's training JSON.
        images: the folder that its pictures lie in.
        base: the language model, a folder or hub name.
        tower: as the host's `--vision_tower`.
        out: the `mm_projector.bin` to write.
        projector: as the host's `--mm_projector_type`.
        layer: as the host's `--mm_vision_select_layer`.
        steps, learning_rate, batch: of the alignment; a cosine schedule, AdamW without decay.
        most: pairs at most, whose encoder features are held in memory (for CLIP-L/336 1.2 MB each).
        residual: share that tokens keep of what lies beside the labels' words, see `residual.py`.
        seed: of the draw, the projector and the order.
        faulty_media: share of the pictures that may be missing or faulty, and are left out then.

    Raises:
        InputError: `residual` is no share, the projector has nothing to train or takes no such grid, there are no labels, or
            the data, a picture, the tower or the base model cannot be read.
    """
    check_share(residual)
    register()
    check_projector_type(projector)
    check_tower_name(tower)
    check_folder(base)
    check_tokenizer(base)
    from llava.model.multimodal_encoder.builder import build_vision_tower
    from llava.model.multimodal_projector.builder import build_vision_projector

    pairs = draw_pairs(load_records(str(data)), most=most, seed=seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    words = words_of(base, sorted({pair.label for pair in pairs}), device)
    config = SimpleNamespace(
        mm_vision_tower=tower,
        mm_vision_select_layer=layer,
        mm_vision_select_feature="patch",
        mm_projector_type=projector,
        hidden_size=words.mean.shape[0],
    )
    encoder = build_vision_tower(config).to(device)
    config.mm_hidden_size = encoder.hidden_size
    torch.manual_seed(seed)
    made = build_vision_projector(config).float().to(device)
    if not any(True for _ in made.parameters()):
        raise InputError(f"--projector {projector} has nothing to train, so that it cannot be aligned; name another")
    if isinstance(made, MultiPerspectiveProjector):
        grid_side(encoder.num_patches, made.tokens)
    features = encode_pictures(encoder, sorted({pair.image for pair in pairs}), images, faulty_media)
    pairs = [pair for pair in pairs if pair.image in features]
    share = align(made, features, pairs, words, steps=steps, learning_rate=learning_rate, batch=batch, seed=seed)
    scale_residual(made, words, residual)
    save_projector(made, out)
    logger.info(
        "word alignment: %d pictures, %d labels, %d steps; %.1f %% of them nearest to their own label: %s",
        len(pairs),
        len(words.labels),
        steps,
        100 * share,
        out,
    )
