"""An exported folder as a checkpoint of LLaVA again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from emobench_data.io.errors import InputError

from ..checkpoints.finish import finish
from ..checkpoints.folders import read_folder
from ..checkpoints.places import CHECKSUM, TOWER_KEY, checksum
from ..compat.config import before_5
from ..towers.builders import TOWERS
from .export import check_out, pad_at
from .names import imported, tower_tensors

KINDS = ("emo_llava", "llava")  # `model_type` of what `emollm export` writes
TOWER = "vision_tower"  # the tower's folder in the checkpoint
# The image processors of the towers' kinds, as LLaVA and we load them.
PROCESSORS = {"clip_vision_model": "CLIPImageProcessor", "siglip_vision_model": "SiglipImageProcessor"}
OF_PICTURES = (
    "crop_size",
    "do_center_crop",
    "do_convert_rgb",
    "do_normalize",
    "do_rescale",
    "do_resize",
    "image_mean",
    "image_std",
    "resample",
    "rescale_factor",
    "size",
)


def import_folder(folder: Path, out: Path) -> Path:
    """Write the full checkpoint `out`, which LLaVA and `emollm eval` load, from what `emollm export` wrote.

    It appears whole or not at all. A tower that no package carries is put into it.

    Raises:
        InputError: `out` is not empty, or `folder` is no export or not whole.
    """
    if before_5():
        raise InputError("an import needs transformers 5; use the current stack (STACK=current)")
    check_out(out)
    config = _config(folder)
    state = _tensors(folder)
    partial = out.with_name(f"{out.name}.partial-{os.getpid()}")
    try:
        partial.mkdir()
        _write(folder, partial, config, state, out)
        finish(partial, at=out)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def _config(folder: Path) -> dict[str, Any]:
    described = read_folder(folder)
    config = described.config
    if config.get("model_type") not in KINDS or not isinstance(config.get("llava"), dict):
        kind = config.get("model_type", "no config.json")
        raise InputError(f"{folder} was not written by `emollm export` (model type: {kind}); give such a folder")
    if described.faults:
        raise InputError(f"{folder} is not whole: {'; '.join(described.faults)}; copy or download all of its files again")
    return config


def _tensors(folder: Path) -> dict[str, Tensor]:
    """The model's tensors; transformers writes those of its own LLaVA under older names, and reads them again."""
    from transformers import AutoModelForImageTextToText

    from . import register

    register()
    return AutoModelForImageTextToText.from_pretrained(folder, dtype="auto").state_dict()


def _write(folder: Path, into: Path, config: dict[str, Any], state: dict[str, Tensor], at: Path) -> None:
    from huggingface_hub import save_torch_state_dict
    from transformers import AutoTokenizer, GenerationConfig

    text, llava = config["text_config"], config["llava"]
    family = text["model_type"]
    mlp = llava.get("mm_projector_type") == "mlp2x_gelu"
    state_of_llava = imported(state, prefix="transformer" if family == "mpt" else "model", mlp=mlp)
    save_torch_state_dict(state_of_llava, into, metadata={"format": "pt"})
    made = {**text, **llava, "model_type": f"llava_{family}", "dtype": config.get("dtype")}
    made["architectures"] = ["LlavaLlamaForCausalLM"] if family == "llama" else [f"Llava{_causal_name(family)}"]
    if llava.get("mm_vision_tower") in TOWERS:
        _check_tower(folder, llava, tower_tensors(state))
    else:
        _write_tower(folder, into / TOWER, config["vision_config"], tower_tensors(state))
        made |= {
            "mm_vision_tower": str(at.resolve() / TOWER),
            TOWER_KEY: f"./{TOWER}",
            CHECKSUM.format(TOWER_KEY): checksum(into / TOWER),
        }
    made.pop("tune_mm_mlp_adapter", None)  # it is whole
    (into / "config.json").write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pad_at(tokenizer, llava.get("tokenizer_padding_side", "right"))
    tokenizer.save_pretrained(into)
    GenerationConfig.from_pretrained(folder).save_pretrained(into)


def _check_tower(folder: Path, llava: dict[str, Any], state: dict[str, Tensor]) -> None:
    """Raise `InputError` where a tower whose weights a package carries was trained on: a checkpoint of LLaVA names it only."""
    tower = TOWERS.get(llava["mm_vision_tower"])(llava["mm_vision_tower"], SimpleNamespace(**llava))
    own = tower.vision_tower.state_dict()
    changed = [name for name, value in own.items() if name in state and not torch.equal(value.to(state[name]), state[name])]
    if changed:
        raise InputError(
            f"{folder}: its vision tower {llava['mm_vision_tower']} was trained ({changed[0]} and others differ from the"
            " package's), which LLaVA would load instead; train with the tower frozen"
        )


def _causal_name(family: str) -> str:
    from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING

    causal: Any = MODEL_FOR_CAUSAL_LM_MAPPING[CONFIG_MAPPING[family]]
    return causal.__name__


def _write_tower(folder: Path, into: Path, config: dict[str, Any], state: dict[str, Tensor]) -> None:
    import transformers

    kind = config["model_type"]
    tower = transformers.AutoModel.from_config(transformers.CONFIG_MAPPING[kind](**config))
    tower.load_state_dict(state, assign=True)
    tower.save_pretrained(into)
    pictures = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))["image_processor"]
    settings = {key: value for key, value in pictures.items() if key in OF_PICTURES}
    getattr(transformers, PROCESSORS.get(kind, "BitImageProcessor"))(**settings).save_pretrained(into)
