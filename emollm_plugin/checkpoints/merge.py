"""Make a plain, full checkpoint out of a LoRA adapter or a projector-only folder."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from emobench_data.io.atomic import folder_beside
from emobench_data.io.errors import InputError

from ..compat.dtype import noted_format
from .finish import finish
from .folders import WHAT, read_folder, require_complete
from .load import check_tokenizer, host_branch
from .places import BASE_KEY, is_folder

logger = logging.getLogger(__name__)


def merge(path: Path, out: Path, *, base: str | None = None, vision_tower: str | None = None) -> Path:
    """Write `out`, which loads without a base model and answers as `path` on its base does.

    The model is loaded as evaluation loads it, on the CPU, and saved in the format that `path` was trained in, bfloat16 where
    it notes none; `out` appears whole or not at all.

    Args:
        path: a LoRA adapter or a projector-only folder.
        out: a folder that does not exist yet.
        base: the base model, if it is not the one that the folder names.
        vision_tower: where it lies, if neither where the folder says nor beside that.

    Raises:
        InputError: `out` exists, `path` is neither of the two or half-written, or the base is not here.
    """
    if out.exists():
        raise InputError(f"{out} exists already; give a folder that does not")
    folder = read_folder(path.resolve())
    require_complete(folder)
    if folder.kind not in ("lora", "projector"):
        raise InputError(f"{path} is {WHAT[folder.kind]}; there is nothing to merge")
    base, name = host_branch(str(path), base, "")
    assert base is not None  # these two need one, see `find_base`
    check_tokenizer(base)
    tokenizer, model, _, _ = _load(path, base, name, noted_format(folder.config) or torch.bfloat16, vision_tower)
    model.config.tune_mm_mlp_adapter = False
    setattr(model.config, BASE_KEY, str(Path(base).resolve()) if is_folder(base) else base)
    with folder_beside(out) as partial:
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        finish(partial, at=out)
        partial.rename(out)
    return out


def _load(path: Path, base: str, name: str, dtype: torch.dtype, vision_tower: str | None):
    from ..attach import register

    register()
    from llava.model.builder import load_pretrained_model

    from ..compat.generation import valid_generation_config

    loaded = load_pretrained_model(
        str(path), base, name, device="cpu", device_map="cpu", dtype=dtype, vision_tower=vision_tower
    )
    valid_generation_config(loaded[1])
    return loaded
