"""What the base model is: a language model, a LLaVA checkpoint, or nothing to begin from."""

from __future__ import annotations

import json
from pathlib import Path

from emobench_data.io.errors import InputError

from ..checkpoints.folders import WHAT, read_folder
from ..towers.builders import EFFICIENTNET_LITE
from .process import say
from .recipe import Recipe

# In the config.json of a model with eyes.
EYES, LAYER = "mm_vision_tower", "mm_vision_select_layer"
BEGINNINGS = ("base", "full")


def check_base(recipe: Recipe, *, fetch: bool = False) -> bool:
    """Whether the base model is a LLaVA checkpoint, with a projector of its own.

    Args:
        fetch: whether a model hub may be asked.

    Raises:
        InputError: the folder does not exist, or holds what no training begins from; or what is asked for beside a
            LLaVA checkpoint is for a language model without eyes.
    """
    name = recipe.base_model
    if not name:
        return False
    if not Path(name).is_dir():
        if name.startswith((".", "/", "~")) or name.count("/") > 1:
            raise InputError(f"BASE_MODEL={name} is no folder; name one that holds a model, or a model of a hub")
        sees = EYES in hub_config(name, fetch=fetch)
    else:
        sees = _folder_sees(Path(name))
    given = "PRETRAIN_PROJECTOR" if recipe.pretrain_projector else "ALIGN" if recipe.align else None
    if sees and given:
        raise InputError(f"BASE_MODEL={name} is a LLaVA checkpoint, whose own projector is gone on from; leave {given} out")
    return sees


def goes_on(recipe: Recipe, *, fetch: bool = False) -> bool:
    """Whether the projector of a base that is a LLaVA checkpoint can be the start of this one, as far as names say.

    Between transformers towers training compares the shapes; a tower of ours has another width at every layer.

    Args:
        recipe: filled in (`defaults.with_defaults`).
        fetch: whether a model hub may be asked.
    """
    folder = Path(recipe.base_model or "")
    config = read_folder(folder).config if folder.is_dir() else hub_config(str(recipe.base_model), fetch=fetch)
    had, has = ((one.get(EYES), one.get(LAYER)) for one in (config, {EYES: recipe.vision_tower, LAYER: recipe.select_layer}))
    if had == has or not {had[0], has[0]} & set(EFFICIENTNET_LITE):
        return True
    told = f"VISION_TOWER={had[0]} SELECT_LAYER={had[1]}"
    say(f"BASE_MODEL={recipe.base_model} was trained with {told}: its projector does not fit {has[0]}, and a new one begins")
    return False


def _folder_sees(folder: Path) -> bool:
    described = read_folder(folder)
    if described.kind in BEGINNINGS:
        return described.kind == "full"
    what = f"BASE_MODEL={folder} is {WHAT[described.kind]}"
    if described.kind in ("lora", "projector"):
        raise InputError(f"{what}, not a model to begin from; `emollm merge {folder} --out OUT` makes one of it: name OUT")
    if described.kind == "run":
        raise InputError(f"{what}; its newest complete checkpoint is {described.newest}")
    if described.kind == "deepspeed":
        raise InputError(f"{what}; gather it: python -m deepspeed.utils.zero_to_fp32 {folder} OUT")
    return False  # training's own check says what such a folder lacks


def hub_file(name: str, file: str, *, fetch: bool = False) -> Path | None:
    """A file of a hub model where it is on this machine, or can be fetched; else None."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        found = try_to_load_from_cache(name, file)
        if not isinstance(found, str) and fetch:
            found = hf_hub_download(name, file)
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError, ValueError):
        return None  # a name that no hub has, or no network: training's own check says which
    return Path(found) if isinstance(found, str) else None


def hub_config(name: str, *, fetch: bool) -> dict:
    """config.json of a hub model that is on this machine, or can be fetched; else nothing."""
    file = hub_file(name, "config.json", fetch=fetch)
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file else {}
    except ValueError:
        return {}
