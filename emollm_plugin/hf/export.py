"""A checkpoint as a folder that transformers and the engines built on it load by themselves."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emobench_data.io.errors import InputError

from ..checkpoints.finish import let_read
from ..compat.config import before_5
from ..host.decoders import family_of
from . import one_file
from .names import exported
from .template import chat_template
from .vision import OF_LLAVA, Vision

IMAGE = "<image>"
SHARD = "4GB"


@dataclass(frozen=True)
class Loaded:
    """A checkpoint as evaluation loads it, in the format of its training, on the CPU."""

    tokenizer: Any
    model: Any
    image_processor: Any
    prompter: Any
    base: str | None


def load(checkpoint: Path, base: str | None, vision_tower: str | None) -> Loaded:
    """Load a checkpoint for export.

    Raises:
        InputError: see `Predictor.load`; a base model without eyes, or another kind of model.
    """
    from ..checkpoints.load import complete_folder, trained_format
    from ..evaluation.predictor import Predictor

    folder = complete_folder(str(checkpoint))
    if folder is not None and folder.kind == "base":
        raise InputError(f"{checkpoint} is {_what(folder.config)}; give a checkpoint that was trained with the plug-in")
    dtype = trained_format(str(checkpoint)) or torch.bfloat16
    predictor = Predictor.load(checkpoint, base, "cpu", None, dtype, vision_tower)
    if predictor.ears is not None:
        raise InputError(f"{checkpoint} hears, and transformers' LLaVA has no ears; `emollm merge` makes one folder of it")
    return Loaded(predictor.tokenizer, predictor.model, predictor.image_processor, predictor.prompter, predictor.base)


def _what(config: dict[str, Any]) -> str:
    """What a folder holds that is no checkpoint of LLaVA."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as decoders

    kind = config.get("model_type")
    if "llava" in config:
        return "an exported model already"
    return "a language model without eyes" if kind in decoders else f"a model of another kind ({kind})"


def export(
    checkpoint: Path, out: Path, *, base: str | None = None, vision_tower: str | None = None, results: Path | None = None
) -> Path:
    """Write `out`, which answers in transformers as `checkpoint` does in `emollm eval`; it appears whole or not at all.

    Args:
        checkpoint: full, LoRA or a projector alone.
        out: a folder that does not exist, or is empty.
        base: the base model, if it is not the one that the checkpoint names.
        vision_tower: where it lies, if neither where the checkpoint says nor beside that.
        results: the results.json of its evaluation, for the card; default: the one of its run.

    Raises:
        InputError: `out` is not empty, the checkpoint cannot be loaded, or there is no such form of it.
    """
    if before_5():
        raise InputError("an export needs transformers 5; use the current stack (STACK=current)")
    check_out(out)
    loaded = load(checkpoint, base, vision_tower)
    partial = out.with_name(f"{out.name}.partial-{os.getpid()}")
    try:
        _write(loaded, partial)
        _write_card(partial, checkpoint, loaded, results)
        let_read(partial)
        if out.exists():
            out.rmdir()  # empty, as was checked
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def check_out(out: Path) -> None:
    """Raise `InputError` if `out` is anything but a new or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not an empty folder; name another with --out")
    if not out.resolve().parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.resolve().parent} to put it in; make it first")


def _write(loaded: Loaded, folder: Path) -> None:
    from . import register

    register()
    tokenizer, model = loaded.tokenizer, loaded.model
    vision = Vision.of(model)
    image_id = _image_token(tokenizer)
    text = _text_config(model, image_id)
    config = vision.config(text, image_id, model.config)
    state = exported(model.state_dict(), stock=vision.stock)
    _add_row(state, text.vocab_size, model)
    made = _build(config, state, vision.stock)
    made.generation_config = _generation_config(model, tokenizer)
    pad_at(tokenizer, "left")  # a batch's answers go on where its prompts end
    folder.mkdir()
    made.save_pretrained(folder, max_shard_size=SHARD)
    template = chat_template(loaded.prompter, tokenizer)
    vision.processor(loaded.image_processor, tokenizer, template, model.config).save_pretrained(folder)
    if not vision.stock:
        _write_code(folder)


def _image_token(tokenizer: Any) -> int:
    """The id of `<image>`, which is added to the tokenizer where it has none."""
    from transformers import AddedToken

    tokenizer.add_tokens([AddedToken(IMAGE, special=True, normalized=False)], special_tokens=True)
    return tokenizer.convert_tokens_to_ids(IMAGE)


def pad_at(tokenizer: Any, side: str) -> None:
    """Let a tokenizer pad at this side, also when it is saved: what it was not made with is not written otherwise."""
    tokenizer.init_kwargs["padding_side"] = tokenizer.padding_side = side


def _text_config(model: Any, image_id: int) -> Any:
    """The decoder's own configuration, without what LLaVA adds, and with a row for `<image>`."""
    from transformers import CONFIG_MAPPING

    stock = CONFIG_MAPPING[family_of("this checkpoint", model.config)]
    left_out = ("architectures", "_name_or_path", "transformers_version", "model_type", "auto_map", "dtype", "torch_dtype")
    told = {key: value for key, value in model.config.to_dict().items() if key not in left_out and not key.startswith(OF_LLAVA)}
    text = stock(**told)
    text.vocab_size = max(text.vocab_size, image_id + 1)
    return text


def _add_row(state: dict[str, Tensor], rows: int, model: Any) -> None:
    """Make embeddings and head `rows` long. What is added is the mean of the others: never the most probable token."""
    sizes = model.get_input_embeddings().weight.shape
    for name, value in state.items():
        if name.startswith(("model.language_model.", "lm_head.")) and value.shape == sizes and len(value) < rows:
            mean = value.float().mean(0, keepdim=True).to(value.dtype)
            state[name] = torch.cat([value, mean.expand(rows - len(value), -1)])


def _build(config: Any, state: dict[str, Tensor], stock: bool) -> Any:
    """The exported model with these tensors; all of them, and no other."""
    from transformers import LlavaForConditionalGeneration

    from .modeling import EmoLlavaForConditionalGeneration

    cls = LlavaForConditionalGeneration if stock else EmoLlavaForConditionalGeneration
    with torch.device("meta"):
        model = cls(config)
    # Tables such as rotary frequencies are no part of a checkpoint, and what is saved does not hold them.
    state = {name: value.detach().contiguous() for name, value in state.items()}
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    tied = set(model._tied_weights_keys or ()) if config.tie_word_embeddings else set()
    if set(missing) - tied or unexpected:
        raise InputError(f"the checkpoint does not fit its export: missing {sorted(missing)[:3]}, unexpected {unexpected[:3]}")
    model.tie_weights()
    model.config.dtype = next(iter(state.values())).dtype
    return model


def _generation_config(model, tokenizer):
    """Greedy, as `emollm eval` answers, and ending where it ends."""
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    pad = tokenizer.pad_token_id
    penalty = model.generation_config.repetition_penalty
    known = {"repetition_penalty": penalty} if penalty not in (None, 1.0) else {}
    return GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends,
        pad_token_id=pad if pad is not None else tokenizer.eos_token_id,
        do_sample=False,
        **known,
    )


def _write_code(folder: Path) -> None:
    """Put our classes beside the model, and say so in its configurations, for where the plug-in is not installed."""
    (folder / f"{one_file.NAME}.py").write_text(one_file.one_file(), encoding="utf-8")
    maps = {
        "config.json": {
            "AutoConfig": "EmoLlavaConfig",
            "AutoModel": "EmoLlavaModel",
            "AutoModelForImageTextToText": "EmoLlavaForConditionalGeneration",
        },
        "processor_config.json": {"AutoProcessor": "EmoLlavaProcessor", "AutoImageProcessor": "EmoLlavaImageProcessor"},
    }
    for name, classes in maps.items():
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        mapped = {auto: f"{one_file.NAME}.{cls}" for auto, cls in classes.items()}
        content["auto_map"] = mapped
        if "image_processor" in content:
            content["image_processor"]["auto_map"] = {"AutoImageProcessor": mapped["AutoImageProcessor"]}
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_card(folder: Path, checkpoint: Path, loaded: Loaded, results: Path | None) -> None:
    from .card import write_card

    write_card(folder, checkpoint, loaded.base, results)
