"""`emollm align`: from LLaVA's training JSON to an aligned `mm_projector.bin`."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import torch

from emobench_data.errors import InputError

from ..attach import register
from ..checkpoint import check_folder, check_tokenizer
from ..compat.cpu import cpu_dtype
from ..preflight import check_projector_type, check_tower_name, load_records
from ..prompt.formats import load_tokenizer, template_for
from .align import Words, align, encode_pictures, load_language_model, save_projector, words_of
from .frozen import Frozen
from .pairs import draw_pairs, questions_of
from .reading import Points, draw_in, points_of

logger = logging.getLogger(__name__)


def align_projector(data: Path, images: Path, base: str, tower: str, out: Path, *, projector: str, layer: int,
                    steps: int, learning_rate: float, batch: int, most: int, seed: int, read: int = 0,
                    version: str | None = None) -> None:  # fmt: skip
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
        seed: of the draw, the projector and the order.
        read: steps through the frozen language model that find where it reads each label; 0 aims at the labels' words.
        version: the conversation template that it is asked in, as the host's `--version`; None for its own.

    Raises:
        InputError: the data, a picture, the tower or the base model cannot be read, or there are no labels.
    """
    register()
    check_projector_type(projector)
    check_tower_name(tower)
    check_folder(base)
    check_tokenizer(base)
    from llava.model.multimodal_encoder.builder import build_vision_tower
    from llava.model.multimodal_projector.builder import build_vision_projector

    records = load_records(str(data))
    pairs = draw_pairs(records, most=most, seed=seed)
    labels = sorted({pair.label for pair in pairs})
    questions = questions_of(records, labels) if read else {}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer, model = load_tokenizer(base), load_language_model(base)
    words = words_of(model, tokenizer, labels, device)
    config = SimpleNamespace(
        mm_vision_tower=tower, mm_vision_select_layer=layer, mm_vision_select_feature="patch",
        mm_projector_type=projector, hidden_size=words.mean.shape[0],
    )  # fmt: skip
    encoder = build_vision_tower(config).to(device)
    config.mm_hidden_size = encoder.hidden_size
    features = encode_pictures(encoder, sorted({pair.image for pair in pairs}), images)
    torch.manual_seed(seed)
    made = build_vision_projector(config).float().to(device)
    aim: Words | Points = words
    if read:
        model.to(device, torch.bfloat16 if device == "cuda" else cpu_dtype())
        frozen = Frozen(model, tokenizer, _template(version or template_for(base)))
        with torch.no_grad():
            tokens = made(features[pairs[0].image][None].float().to(device)).shape[1]
        aim = points_of(frozen, questions, words.places, tokens=tokens, steps=read, seed=seed)
        draw_in(made, aim)
    share = align(made, features, pairs, aim, steps=steps, learning_rate=learning_rate, batch=batch, seed=seed)
    save_projector(made, out)
    logger.info(
        "word alignment: %d pictures, %d labels, %d steps; %.1f %% of them nearest to their own label: %s",
        len(pairs), len(words.labels), steps, 100 * share, out,
    )  # fmt: skip


def _template(version: str):
    from llava.conversation import conv_templates

    if version not in conv_templates:
        raise InputError(f"conversation template {version!r} is unknown; known: {', '.join(sorted(conv_templates))}")
    return conv_templates[version]
