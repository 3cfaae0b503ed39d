"""A descendant of LLaVA-NeXT gets the same projector and templates through the same registry, where it is installed."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(importlib.util.find_spec("llavaction") is None, reason="llavaction 0.0.1 is not installed"),
]

TRAIN_A_STEP = """
import sys
from types import SimpleNamespace
import torch
import emollm_plugin
emollm_plugin.register()
from llavaction.conversation import conv_templates
assert {"emoprompt", "emoprompt_chatml", "emoprompt_qwen_1_5"} <= set(conv_templates)
from llavaction.model.language_model.llava_qwen import LlavaQwenConfig, LlavaQwenForCausalLM
from llavaction.constants import IMAGE_TOKEN_INDEX
config = LlavaQwenConfig(
    vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256,
)
config.add_faster_video = False
model = LlavaQwenForCausalLM(config)
arguments = SimpleNamespace(
    vision_tower=sys.argv[1], mm_vision_select_layer=-2, mm_vision_select_feature="patch", mm_patch_merge_type="flat",
    pretrain_mm_mlp_adapter=None, mm_projector_type="multiperspective:slots=2,width=16", mm_resampler_type=None,
    add_faster_video=False,
)
model.get_model().initialize_vision_modules(arguments)
projector = model.get_model().mm_projector
assert type(projector).__name__ == "MultiPerspectiveProjector"
ids = torch.tensor([[1, IMAGE_TOKEN_INDEX, 5, 6, 7]])
labels = torch.tensor([[-100, -100, -100, 6, 7]])
loss = model(input_ids=ids, labels=labels, attention_mask=torch.ones_like(ids), images=[torch.randn(1, 3, 28, 28)],
             image_sizes=[(28, 28)], modalities=["image"]).loss
loss.backward()
gradients = {name: value.grad for name, value in projector.named_parameters()}
assert all(gradient is not None for gradient in gradients.values())
assert gradients["content.0.weight"].abs().sum() > 0
"""


def test_llavaction_trains_the_projector(tiny):
    command = [sys.executable, "-c", TRAIN_A_STEP, str(tiny.clip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
