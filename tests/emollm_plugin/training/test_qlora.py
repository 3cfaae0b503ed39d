"""QLoRA for real, where bitsandbytes is installed: four bits, what moved, and the folder reloaded."""

import importlib.util

import pytest
import torch

import emollm_plugin

from ..trainings import finish

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed"),
]
emollm_plugin.register()


def test_four_bits_are_trained_beside_and_reloaded(tiny, train_arguments, batch, tmp_path):
    from llava.model.builder import load_pretrained_model

    out = tmp_path / "llava-out"
    batch["images"] = batch["images"].bfloat16()
    arguments = train_arguments(lora_enable=True, lora_r=4, lora_alpha=8, bits=4, mm_projector_lr=1e-2, output_dir=out)
    done = finish(arguments, out=out, probe=batch)
    moved = done.parameters("moved")
    assert all("lora_" in name or "mm_projector." in name for name in moved)
    assert any("lora_" in name for name in moved) and any("mm_projector." in name for name in moved)
    packed = {name for name, kind in done.kinds().items() if kind == "uint8"}
    assert sum(".layers." in name for name in packed) == 14, "seven matrices in each of two layers"

    reloaded = load_pretrained_model(str(out), str(tiny.base), "llava-lora")[1]
    batch["images"] = batch["images"].to(reloaded.dtype)
    with torch.no_grad():
        distance = (reloaded(**batch).logits.float() - done.logits()).norm() / done.logits().norm()
    # It was trained beside weights of four bits, and is merged into the whole ones.
    assert distance < 0.2
