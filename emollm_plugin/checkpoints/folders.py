"""What a model folder is, read from its files; the host decides by words such as `lora` in the folder's name."""

from __future__ import annotations

import json
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from ..projector.options import SoundOptions, in_full
from ..prompt.stop import TEMPLATE_KEY
from . import places
from .places import ADAPTER_BASE, ADAPTER_CONFIG, BASE_KEY, check_exists

SHARDS = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
WHOLE = ("model.safetensors", "pytorch_model.bin")
ADAPTER = ("adapter_model.safetensors", "adapter_model.bin")
EXTRAS = "non_lora_trainables.bin"
PROJECTOR = "mm_projector.bin"
# The trainer's own naming, which it sorts by when it resumes.
PREFIX = "checkpoint-"
# Written last in a checkpoint in mid-run: how many ranks wrote it, and the name and size of every other file, so that one
# that is missing or cut off is noticed.
COMPLETE = "emollm_complete.json"
# What every rank writes for itself: its random generator, and with DeepSpeed its shard of optimizer and model.
PARTS = ("rng_state_*.pth", "global_step*/*zero_pp_rank_*_optim_states.pt", "global_step*/zero_pp_rank_*_model_states.pt")
WHAT = {
    "base": "a language model without eyes",
    "full": "a full LLaVA checkpoint",
    "lora": "a LoRA adapter with its projector",
    "projector": "a projector alone",
    "run": "a training run's folder without a final model",
    "deepspeed": "DeepSpeed's own partitions, without a model that loads",
    "unknown": "no model that is known",
}


def note_training(config: Any, *, template: str, base: str) -> None:
    """Write into a model's configuration what its evaluation will need; transformers 5 drops the base's name.

    The projector's type is written out in full, so that a later version with other defaults still restores it.
    """
    config.mm_projector_type = in_full(config.mm_projector_type)
    if getattr(config, "mm_audio_tower", None):
        config.mm_audio_projector_type = in_full(config.mm_audio_projector_type, SoundOptions)
    setattr(config, TEMPLATE_KEY, template)
    setattr(config, BASE_KEY, str(Path(base).resolve()) if Path(base).is_dir() else base)


@dataclass(frozen=True)
class ModelFolder:
    """A local folder as its files describe it; the folder's own name plays no part."""

    path: Path
    kind: str  # one of WHAT
    config: dict[str, Any] = field(repr=False)
    base: str | None  # the base model that it names itself, for `lora` and `projector`
    faults: tuple[str, ...]  # why it cannot be loaded: files that are missing or cut off
    step: int | None  # of the training, where trainer_state.json says so
    max_steps: int | None
    resumable: bool  # optimizer and trainer state are there
    newest: Path | None  # for `run`: the newest checkpoint in it that can be loaded

    @property
    def complete(self) -> bool:
        """Whether it can be loaded and evaluated."""
        return not self.faults and self.kind in ("base", "full", "lora", "projector")

    @property
    def template(self) -> str | None:
        """The `--version` that it was trained with, where training noted it."""
        return _first(str, self.config.get(TEMPLATE_KEY))


def read_folder(path: Path) -> ModelFolder:
    """Describe a local model folder; nothing of it is run or unpickled.

    Raises:
        InputError: the folder does not exist.
    """
    check_exists(path)
    config, config_faults = _json(path / "config.json")
    faults = tuple(config_faults)
    adapter, adapter_faults = _json(path / ADAPTER_CONFIG)
    state, state_faults = _json(path / "trainer_state.json")
    kind, missing = _kind(path, config, adapter)
    if kind in ("lora", "projector", "full", "base"):
        faults = (*faults, *missing, *(adapter_faults if kind == "lora" else ()), *state_faults, *_cut_off(path))
    newest = _newest_checkpoint(path) if kind in ("unknown", "run") else None
    partitions = any(path.glob("global_step*/*optim_states.pt"))
    return ModelFolder(
        path=path,
        kind="run" if newest else kind,
        config=config,
        faults=faults,
        base=_first(str, config.get(BASE_KEY), adapter.get(ADAPTER_BASE), config.get("_name_or_path")),
        step=_first(int, state.get("global_step")),
        max_steps=_first(int, state.get("max_steps")),
        resumable=bool(state) and (partitions or (path / "optimizer.pt").is_file()),
        newest=newest,
    )


def _kind(path: Path, config: dict, adapter: dict) -> tuple[str, list[str]]:
    """The folder's kind, and what such a folder must have and this one has not."""
    eyes = "mm_vision_tower" in config or str(config.get("model_type", "")).startswith("llava")
    if adapter or _present(path, ADAPTER) or (path / EXTRAS).is_file():
        wanted = {"config.json": bool(config), "adapter_config.json": bool(adapter), EXTRAS: (path / EXTRAS).is_file()}
        wanted[" or ".join(ADAPTER)] = _present(path, ADAPTER)
        return "lora", [f"no {name}" for name, there in wanted.items() if not there]
    if _present(path, WHOLE + SHARDS):
        if not config:
            return "full", ["no config.json"]
        return ("full" if eyes else "base"), _missing_shards(path)
    if (path / PROJECTOR).is_file():
        return "projector", [] if config else ["no config.json"]
    if eyes and config.get("tune_mm_mlp_adapter"):
        return "projector", [f"no {PROJECTOR}"]
    if any(path.glob("global_step*")) or any(path.glob("*_optim_states.pt")):
        return "deepspeed", []
    if config:
        return ("full" if eyes else "base"), [f"no weights ({', '.join(WHOLE)} or their shards)"]
    return "unknown", []


def _first(wanted: type, *values: Any) -> Any:
    """The first value of the wanted type that is not empty; files from outside may hold anything."""
    return next((value for value in values if isinstance(value, wanted) and value), None)


def _json(file: Path) -> tuple[dict, list[str]]:
    if not file.is_file():
        return {}, []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return {}, [f"{file.name} is cut off or no JSON"]
    return (content, []) if isinstance(content, dict) else ({}, [f"{file.name} holds no JSON object"])


def _present(path: Path, names: tuple[str, ...]) -> bool:
    return any((path / name).is_file() for name in names)


def _missing_shards(path: Path) -> list[str]:
    for name in SHARDS:
        index, faults = _json(path / name)
        names = sorted(set(map(str, index.get("weight_map", {}).values())))
        faults += [f"no {shard}" for shard in names if not (path / Path(shard).name).is_file()]
        if faults:
            return faults
    return []


def _cut_off(path: Path) -> list[str]:
    """Files that end before their own table of contents, or the checkpoint's list, says, as after a kill."""
    listed = unlike_the_list(path) or []
    files = [*sorted(path.glob("*.safetensors")), *sorted(path.glob("*.bin"))]
    files = [file for file in files if _short(file.name) not in listed and not _whole(file)]
    return [*listed, *(f"{file.name} is cut off" for file in files)]


def unlike_the_list(path: Path) -> list[str] | None:
    """What is not as the finished writer of a checkpoint in mid-run listed it; None where there is no such list."""
    if not (path / COMPLETE).is_file():
        return None
    content, faults = _json(path / COMPLETE)
    listed = content.get("files")
    sizes = listed if isinstance(listed, dict) else content  # at first it was the sizes alone
    found = {name: (path / name).stat().st_size for name in sizes if (path / name).is_file()}
    return [
        *faults,
        *(_short(name) for name, size in sizes.items() if found.get(name) != size),
        *missing_parts(path, ranks_of(path) or 1),
    ]


def missing_parts(path: Path, ranks: int) -> list[str]:
    """Of what each rank writes for itself into a checkpoint, where it writes such a thing, what is not that of all."""
    found = {pattern: len([*path.glob(pattern)]) for pattern in PARTS}
    return [
        f"{pattern} is there for {count} of {ranks} ranks"
        for pattern, count in found.items()
        if ranks > 1 and count not in (0, ranks)
    ]


def ranks_of(checkpoint: Path) -> int | None:
    """How many ranks wrote a checkpoint in mid-run, where it was noted."""
    return _first(int, _json(checkpoint / COMPLETE)[0].get("ranks"))


def _short(name: str) -> str:
    return f"{name} is missing or cut off"


def is_complete(checkpoint: Path) -> bool:
    """Whether every file that the finished writer listed is there in its full size."""
    return unlike_the_list(checkpoint) == []


def _whole(file: Path) -> bool:
    with open(file, "rb") as opened:
        start = opened.read(8)
        if file.suffix == ".bin":
            # PyTorch's zip has its directory at the end; files older than torch 1.6 are no zip and pass.
            return len(start) == 8 and (not start.startswith(b"PK") or zipfile.is_zipfile(file))
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 0 < length <= file.stat().st_size - 8:
            return False
        try:
            table = json.loads(opened.read(length))
            end = max((entry["data_offsets"][1] for name, entry in table.items() if name != "__metadata__"), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return False
        return file.stat().st_size == 8 + length + end


def checkpoints(run: Path) -> list[Path]:
    """The `checkpoint-*` folders of a run, complete or not, oldest first."""
    numbered = (path for path in run.glob(f"{PREFIX}*") if path.name[len(PREFIX) :].isdigit() and path.is_dir())
    return sorted(numbered, key=step_of)


def step_of(checkpoint: Path) -> int:
    """The optimizer step after which `checkpoint-<step>` was written."""
    return int(checkpoint.name[len(PREFIX) :])


def _newest_checkpoint(run: Path) -> Path | None:
    return next((path for path in reversed(checkpoints(run)) if read_folder(path).complete), None)


def require_complete(folder: ModelFolder) -> None:
    """Raise `InputError`, with the way out, if `folder` cannot be loaded."""
    if folder.complete:
        return
    what = f"{folder.path} is {WHAT[folder.kind]}"
    if folder.kind == "run":
        raise InputError(f"{what}; its newest complete checkpoint is {folder.newest}")
    if folder.kind == "deepspeed":
        raise InputError(f"{what}; gather it: python -m deepspeed.utils.zero_to_fp32 {folder.path} OUT")
    refuse_unknown(folder)
    faults = "; ".join(folder.faults)
    if folder.kind == "base" or not _of_training(folder):
        raise InputError(f"{what} that is not whole: {faults}; copy or download all of its files again")
    raise InputError(f"{what}, half-written: {faults}; take an earlier checkpoint or train again")


def refuse_unknown(folder: ModelFolder) -> None:
    """Raise `InputError` if `folder` is no model; it names the one in it, such as in a run's."""
    if folder.kind == "unknown":
        models = [child for child in sorted(folder.path.iterdir()) if (child / "config.json").is_file()]
        inside = f"there is one in it: {models[0]}" if models else "name the folder of a saved model"
        raise InputError(f"{folder.path} is {WHAT['unknown']}: it has no config.json and no weights; {inside}")


def _of_training(folder: ModelFolder) -> bool:
    """Whether a training with the plug-in left it here, and not somebody else's upload."""
    return folder.kind != "full" or TEMPLATE_KEY in folder.config or folder.max_steps is not None


def find_base(folder: ModelFolder, given: str | None) -> str | None:
    """The base model to load `folder` on: the one given, else the one it names itself; None where it needs none.

    Raises:
        InputError: the folder needs a base and names none that is here.
    """
    if folder.kind not in ("lora", "projector"):
        return None
    if given:
        return given
    found = places.find(folder.base, folder.config, BASE_KEY, folder.path) if folder.base else None
    if found or (folder.base and _is_cached(folder.base)):
        return str(found or folder.base)
    named = f"names {folder.base} as its base model, which is not on this machine" if folder.base else "names no base"
    raise InputError(f"{folder.path} is {WHAT[folder.kind]} and {named}; say where it is with --model-base")


def _is_cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except ValueError:  # a path that is no hub name either
        return False


def host_name(folder: ModelFolder) -> str:
    """A model name with the words by which `load_pretrained_model` (llava 1.2.2) finds the branch for this folder.

    Never `mpt` or `mistral`: which class a family takes is decided by its config, in `decoders`.
    """
    return {"base": "model", "full": "llava", "projector": "llava", "lora": "llava-lora"}[folder.kind]
