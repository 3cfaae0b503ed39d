"""Training samples before training: encoded as the host will, each must train something and fit."""

from __future__ import annotations

import copy
import logging
import random
from math import isqrt
from pathlib import Path
from types import ModuleType, SimpleNamespace

import transformers

from emobench_data.errors import InputError

from .projector.grid import grid_side
from .projector.options import ProjectorOptions
from .prompt.encode import IGNORE_INDEX
from .prompt.formats import format_of, load_tokenizer
from .reachable import check_projector_file
from .registry import PROJECTORS, projector_family
from .video import as_picture

logger = logging.getLogger(__name__)

SAMPLES, LONGEST = 64, 16


def check_samples(host: ModuleType, model_args, data_args, training, records: list[dict], frames: int) -> None:
    """Encode a seeded sample of `records` as training will.

    Args:
        host: the module `llava.train.train`.
        model_args, data_args, training: its parsed arguments.
        frames: of a clip.

    Raises:
        InputError: a sample would train nothing or does not fit, or the projector to start from is of other sizes.
    """
    if model_args.mm_patch_merge_type != "flat" and any("video" in record for record in records):
        merge = model_args.mm_patch_merge_type
        raise InputError(f"--mm_patch_merge_type {merge!r} is for crops of one picture; clips need 'flat'")
    tokenizer = load_tokenizer(
        model_args.model_name_or_path, cache_dir=training.cache_dir, padding_side="right",
        model_max_length=training.model_max_length,
    )  # fmt: skip
    tokenizer.pad_token = tokenizer.pad_token if tokenizer.unk_token is None else tokenizer.unk_token
    compare_template(tokenizer, model_args.version)
    visual = _visual_tokens(host, model_args)
    data_args = copy.copy(data_args)
    data_args.is_multimodal, data_args.mm_use_im_start_end = True, model_args.mm_use_im_start_end
    conversation = host.conversation_lib
    before = conversation.default_conversation
    conversation.default_conversation = conversation.conv_templates.get(model_args.version, before)
    try:
        for index in _sampled(records):
            place, record = f"{data_args.data_path}, record {index + 1}", records[index]
            frames_here = frames if "video" in record else int("image" in record)
            _check_sample(host, data_args, tokenizer, record, place, (frames_here, visual), model_args.version)
    finally:
        conversation.default_conversation = before


def _sampled(records: list[dict]) -> list[int]:
    """Of the clips and of the other records, a seeded sample and those with the most letters, which may not fit."""
    letters = [sum(len(turn["value"]) for turn in record["conversations"]) for record in records]
    draw, chosen = random.Random(0), set()
    for clip in (True, False):
        kind = [index for index, record in enumerate(records) if ("video" in record) == clip]
        chosen.update(draw.sample(kind, min(SAMPLES, len(kind))), sorted(kind, key=letters.__getitem__)[-LONGEST:])
    return sorted(chosen)


def compare_template(tokenizer, version: str) -> None:
    """Say so if `--version` asks the base model in another format than its own chat template."""
    try:
        own = format_of(tokenizer)
    except InputError:
        return
    if own is not None and version.startswith("emoprompt") and version != f"emoprompt_{own}":
        logger.warning("the base model's own chat template is that of emoprompt_%s, not of --version %s", own, version)


def _check_sample(
    host, data_args, tokenizer, record: dict, place: str, visual: tuple[int, int], version: str
) -> None:
    """`visual`: how many pictures the record shows, and the tokens of each."""
    frames, tokens = visual
    sources = [as_picture(record["conversations"]) if "video" in record else copy.deepcopy(record["conversations"])]
    try:
        sources = host.preprocess_multimodal(sources, data_args) if frames else sources
        encoded = host.preprocess(sources, tokenizer, has_image=bool(frames))
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    ids, labels = encoded["input_ids"][0], encoded["labels"][0]
    limit = tokenizer.model_max_length
    if not bool((labels != IGNORE_INDEX).any()):
        raise InputError(
            f"{place}: template {version!r} masks every label with this tokenizer, so it would train nothing;"
            " choose a plug-in template, such as emoprompt or emoprompt_chatml"
        )
    needed = len(ids) + (frames * tokens - 1 if frames else 0)
    if needed > limit:
        raise InputError(f"{place}: {_too_long(needed, limit, frames, tokens, clip='video' in record)}")


def _too_long(needed: int, limit: int, frames: int, tokens: int, *, clip: bool) -> str:
    """What does not fit, and the settings that change it."""
    if not clip:
        return f"{needed} tokens ({frames * tokens} visual) exceed --model_max_length {limit}; raise it (MAX_LENGTH)"
    side = max(isqrt(max(limit - (needed - frames * tokens), 0) // frames), 1)
    return (
        f"{needed} tokens ({frames} frames of {tokens} each) exceed --model_max_length {limit}; take fewer tokens a"
        f" frame or fewer frames in --mm_projector_type (PROJECTOR, such as multiperspective:tokens={side**2},"
        f"frames={frames}), or raise the length (MAX_LENGTH)"
    )


def _visual_tokens(host: ModuleType, model_args) -> int:
    """Visual tokens of one image as the tower states them, without loading its weights."""
    if model_args.vision_tower is None:
        return 0
    from llava.model.multimodal_encoder.builder import build_vision_tower

    tower = build_vision_tower(model_args, delay_load=True)
    if model_args.pretrain_mm_mlp_adapter:
        _check_pretrained(model_args, tower)
    patches = tower.num_patches + (getattr(tower, "select_feature", "patch") == "cls_patch")
    if projector_family(model_args.mm_projector_type) not in PROJECTORS:
        return patches
    tokens = ProjectorOptions.parse(model_args.mm_projector_type).tokens
    grid_side(patches, tokens)
    return tokens or patches


def _check_pretrained(model_args, tower) -> None:
    from llava.model.multimodal_projector.builder import build_vision_projector

    width = transformers.AutoConfig.from_pretrained(model_args.model_name_or_path).hidden_size
    kind = model_args.mm_projector_type
    config = SimpleNamespace(mm_projector_type=kind, mm_hidden_size=tower.hidden_size, hidden_size=width)
    check_projector_file(Path(model_args.pretrain_mm_mlp_adapter), build_vision_projector(config))
