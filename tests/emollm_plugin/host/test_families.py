"""LoRA, the projector alone and ZeRO-3 with other decoders than LLaMA: trained, saved, reloaded, the same logits.

Pairs in place of the full product: every family with both tunings, and with and without ZeRO-3.
"""

import pytest
import torch
from safetensors.torch import load_file, save_file

import emollm_plugin

from ..decoders import families_here, make_decoder
from ..trainings import finish

pytestmark = pytest.mark.host
emollm_plugin.register()

LORA = {"lora_enable": True, "lora_r": 4, "lora_alpha": 8, "mm_projector_lr": 1e-2}
MODES = {"lora": LORA, "projector": {"tune_mm_mlp_adapter": True}}
CASES = [
    ("mistral", "lora", "3"),
    ("mistral", "projector", None),
    ("qwen2", "lora", None),
    ("qwen2", "projector", "3"),
    ("qwen3", "lora", "3"),
    ("qwen3", "projector", None),
    ("gemma3_text", "lora", None),
    ("gemma3_text", "projector", "3"),
    ("phi3", "lora", "3"),
    ("phi3", "projector", None),
]


TOLERANCE = 0.02


def forget(file):
    """Set what was trained to zero."""
    if file.suffix == ".bin":
        torch.save({name: torch.zeros_like(value) for name, value in torch.load(file).items()}, file)
    else:
        save_file({name: torch.zeros_like(value) for name, value in load_file(file).items()}, file)


@pytest.mark.parametrize(("family", "mode", "zero"), [case for case in CASES if case[0] in families_here()])
def test_a_trained_model_gives_the_same_logits_when_reloaded(family, mode, zero, tiny, train_arguments, batch, tmp_path):
    from llava.model.builder import load_pretrained_model

    base, out = tmp_path / "base", tmp_path / "llava-out"
    make_decoder(base, family, len(tiny.tokenizer))
    tiny.tokenizer.save_pretrained(base)
    batch["images"] = batch["images"].bfloat16()
    arguments = train_arguments(model_name_or_path=base, output_dir=out, max_steps=4, **MODES[mode])
    done = finish(arguments, out=out, zero=zero, probe=batch)
    marks = ("mm_projector.", "lora_") if mode == "lora" else ("mm_projector.",)
    moved = done.parameters("moved")
    assert all(any(mark in name for mark in marks) for name in moved)
    assert all(any(mark in name for name in moved) for mark in marks)

    def distance():
        with torch.no_grad():
            model = load_pretrained_model(str(out), str(base), f"llava-{mode}")[1]
            batch["images"] = batch["images"].to(model.dtype)
            reloaded = model(**batch).logits.float()
        return (reloaded - done.logits()).norm() / done.logits().norm()

    # The loader rounds LoRA's product once more to bfloat16.
    assert distance() < TOLERANCE
    forget(out / ("adapter_model.safetensors" if mode == "lora" else "mm_projector.bin"))
    assert distance() > 3 * TOLERANCE, "the same without what was trained: this proves nothing"
