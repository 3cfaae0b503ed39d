"""Loading a checkpoint strictly: the host restores the projector with `strict=False` and says nothing if it failed."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from emobench_data.io.errors import InputError

from ..compat import cpu
from ..compat.config import newer_tokenizer
from ..compat.dtype import HostFormat, cast_parameters, dtype_argument, noted_format
from ..media.hearing import NAME as EARS
from ..media.hearing import Ears
from .folders import (
    ADAPTER,
    EXTRAS,
    PROJECTOR,
    WHAT,
    ModelFolder,
    find_base,
    host_name,
    read_folder,
    require_complete,
)
from .places import check_exists
from .towers import find_audio_tower, find_tower

logger = logging.getLogger(__name__)

MARK = "mm_projector."
# A whole model's files, in the order in which transformers looks for them.
WEIGHTS = ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin", "pytorch_model-*-of-*.bin")
# What precedes a projector's own keys -> where config.json says what it is.
TYPE = {MARK: "mm_projector_type", f"{EARS}.": "mm_audio_projector_type"}


def checked_load(host_load: Callable) -> Callable:
    """Wrap `llava.model.builder.load_pretrained_model`: the projector is restored strictly, and the number format is kept.

    The vision tower is `vision_tower`, else the one that the checkpoint names, by where it lies now. The format is `dtype`,
    else on a CPU `cpu_dtype()`, else the one that the checkpoint was trained in, else the host's float16; the host takes
    float16 for all of them, in which Gemma 3 overflows.
    """

    def load_pretrained_model(model_path, model_base, model_name, *args, dtype=None, vision_tower=None, **kwargs):
        model_base, model_name = host_branch(model_path, model_base, model_name)
        if not torch.cuda.is_available():
            kwargs.setdefault("device", "cpu")
        if dtype is None:
            on_cpu = kwargs.get("device") == "cpu"
            dtype = cpu.cpu_dtype() if on_cpu else trained_format(model_path) or torch.float16
        named = {"dtype": dtype} if "llava" in model_name.lower() else dtype_argument(dtype)
        tower = tower_of(model_path, vision_tower)
        named |= {"vision_tower": tower} if tower else {}
        with HostFormat(dtype):
            loaded = host_load(model_path, model_base, model_name, *args, **named, **kwargs)
        model = loaded[1]
        if not (kwargs.get("load_8bit") or kwargs.get("load_4bit")):
            cast_parameters(model, dtype)
        if hasattr(model, "get_model") and getattr(model.get_model(), "mm_projector", None) is not None:
            restore_projector(model.get_model().mm_projector, Path(model_path))
        if hasattr(model, "get_model") and hasattr(model.get_model(), EARS):
            restore_projector(getattr(model.get_model(), EARS), Path(model_path), f"{EARS}.")
            folder = complete_folder(model_path)
            if folder is not None:
                model.config.mm_audio_tower = find_audio_tower(folder)
            model.get_model().ears = Ears(model.config)
        return loaded

    return load_pretrained_model


def trained_format(path: str) -> torch.dtype | None:
    """The number format that the checkpoint `path`, a folder or hub name, notes; None if it notes none."""
    folder = complete_folder(path)
    if folder is not None:
        return noted_format(folder.config)
    from transformers import PretrainedConfig

    return noted_format(PretrainedConfig.get_config_dict(path)[0])


def host_branch(path: str, base: str | None, name: str) -> tuple[str | None, str]:
    """The base model and the model name with which the host loads `path`, from what the folder holds.

    A hub name keeps what was given.

    Raises:
        InputError: the folder does not exist, is half-written, or needs a base model that is not here.
    """
    folder = complete_folder(path)
    if folder is None:
        return base, name
    if base and folder.kind in ("full", "base"):
        logger.warning("%s is %s: the base model %s is not used", path, WHAT[folder.kind], base)
    base = find_base(folder, base)
    if base and Path(base).expanduser().is_dir():
        require_complete(read_folder(Path(base).expanduser()))
    return base, host_name(folder)


def tower_of(path: str, given: str | None) -> str | None:
    """The vision tower to load the checkpoint `path` with, see `find_tower`; of a hub name the one given, or its own."""
    folder = complete_folder(path)
    return given if folder is None else find_tower(folder, given)


def check_folder(path: str) -> None:
    """Raise `InputError` if a local model folder does not exist or has no config.json; a hub name passes."""
    check_there(path)
    folder = Path(path).expanduser()
    if not _is_hub_name(path) and not (folder / "config.json").is_file():
        raise InputError(f"model folder {path} has no config.json; it is not a saved model")


def check_there(path: str) -> None:
    """Raise `InputError` if a local model folder does not exist, and name one that is spelled nearly so; a hub name passes."""
    if not _is_hub_name(path):
        check_exists(Path(path).expanduser())


def complete_folder(path: str) -> ModelFolder | None:
    """Describe a local model folder that can be loaded, or None for a hub name.

    Raises:
        InputError: it does not exist, is half-written, or is no model.
    """
    if _is_hub_name(path):
        return None
    folder = read_folder(Path(path).expanduser())
    require_complete(folder)
    return folder


def _is_hub_name(path: str) -> bool:
    """Whether it is OWNER/NAME, and nothing here that is called so."""
    return bool(re.fullmatch(r"[^./~][^/]*/[^/]+", path)) and not Path(path).exists()


def check_tokenizer(path: str) -> None:
    """Raise `InputError` if a local model folder has no tokenizer; a hub name passes."""
    names = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
    folder = Path(path).expanduser()
    if folder.is_dir() and not any((folder / name).is_file() for name in names):
        raise InputError(f"model folder {path} has no tokenizer; copy the base model's {names[0]} or {names[1]} there")
    if newer_tokenizer(folder):
        raise InputError(f"the tokenizer in {path} was written by transformers 5; use STACK=current")


def restore_projector(projector: torch.nn.Module, folder: Path, mark: str = MARK) -> None:
    """Put the tensors that `folder` holds into a projector, as they were saved but for its number format.

    The host restores it with `strict=False`, a projector alone by way of float16.

    Raises:
        InputError: no projector is saved there, or the keys are not the projector's own.
    """
    folder = local_folder(folder)
    saved, wanted = tensors_below(folder, mark), projector.state_dict()
    if not saved:
        raise InputError(f"{folder} holds no projector weights (keys with {mark!r}); it cannot be evaluated")
    missing, unexpected = sorted(set(wanted) - set(saved)), sorted(set(saved) - set(wanted))
    if set(saved) == {"0.weight", "0.bias", "2.weight", "2.bias"} and hasattr(projector, "content"):
        raise InputError(f"{folder} holds an mlp2x_gelu projector; mend {TYPE[mark]} in its config.json")
    if missing or unexpected:
        raise InputError(
            f"projector in {folder}: missing keys {missing or 'none'}, unexpected keys {unexpected or 'none'};"
            f" name what it was trained with in {TYPE[mark]} of its config.json"
        )
    projector.load_state_dict(saved)


def local_folder(folder: Path) -> Path:
    """The folder itself, or, for a hub name, the one that the host has just downloaded."""
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(str(folder), local_files_only=True))


def projector_tensors(folder: Path) -> dict[str, Tensor]:
    """The projector's tensors saved in `folder`, keyed as in the projector's own state dict."""
    return tensors_below(folder, MARK)


def tensors_below(folder: Path, mark: str) -> dict[str, Tensor]:
    """The tensors saved in `folder` whose names hold `mark`, under what follows it.

    A whole model's are those of its own files, whatever an earlier stage left beside them.

    Raises:
        InputError: a file cannot be read.
    """
    found: dict[str, Tensor] = {}
    for file in _files_of(folder):
        read = _from_safetensors if file.suffix == ".safetensors" else _from_pickle
        found.update(read(file, mark))
    return found


def _files_of(folder: Path) -> list[Path]:
    for pattern in WEIGHTS:
        if whole := sorted(folder.glob(pattern)):
            return whole
    # What was trained beside an adapter goes before what a first stage left there.
    return [path for name in (*ADAPTER, PROJECTOR, EXTRAS) if (path := folder / name).is_file()]


def _from_pickle(file: Path, mark: str) -> dict[str, Tensor]:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except (RuntimeError, OSError, ValueError, EOFError, UnpicklingError) as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"{file}: cannot be read as tensors ({why}); get the file again") from error
    return {key.split(mark, 1)[1]: value for key, value in state.items() if mark in key}


def _from_safetensors(file: Path, mark: str) -> dict[str, Tensor]:
    from safetensors import safe_open

    with safe_open(file, framework="pt") as tensors:
        return {key.split(mark, 1)[1]: tensors.get_tensor(key) for key in tensors.keys() if mark in key}  # noqa: SIM118
