"""What is kept for the backward pass, against a formula by hand and against real tensors."""

import pytest
import torch

from emollm_plugin.planning.activations import count, saved_bytes, shaped
from emollm_plugin.planning.model import build, shapes
from emollm_plugin.recipes.defaults import with_defaults
from emollm_plugin.recipes.layers import read_recipe

from .conftest import INNER, C

pytestmark = pytest.mark.current_stack
N = 2048


@pytest.mark.parametrize("tune", ["full", "projector"])
def test_a_layer_of_vicuna_keeps_what_is_counted_by_hand(tune):
    recipe = with_defaults(read_recipe({}, "vicuna-7b-clip-l", [f"tune={tune}"]))
    kept = count(recipe, shapes(recipe), N)
    # A norm keeps a float32 copy of what goes in and a number for each token; and what its weight, and the matrices behind
    # it, are multiplied with, where they are trained.
    norms = 2 * (4 * C + 4 + (2 * C + 2 * C if tune == "full" else 0))
    attention = 2 * 4 * C + 4 * 32 + 2 * N  # query, key, value, output; a sum for each of 32 heads; a row of the mask
    mlp = 2 * (4 if tune == "full" else 3) * INNER  # of gate, its SiLU, up, and the product that the last matrix reads
    assert kept.layer == N * (norms + attention + mlp)
    assert kept.boundary == 2 * N * C and kept.layers == 32


@pytest.mark.parametrize("checkpointing", [False, True], ids=["plain", "checkpointing"])
@pytest.mark.parametrize("tune", ["full", "lora", "projector"])
def test_the_plan_is_within_a_hundredth_of_what_a_real_pass_keeps(tiny_recipe, tune, checkpointing):
    recipe, length, batch = tiny_recipe(tune=tune), 96, 2
    kept = count(recipe, shapes(recipe), length)
    model, _ = build(recipe)
    shaped(model, torch.bfloat16)  # on the CPU, with memory
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    embedded = torch.randn(batch, length, model.config.hidden_size, dtype=torch.bfloat16).requires_grad_()
    mask = torch.ones(batch, length, dtype=torch.bool)
    mask[0, -5:] = False
    base = model.get_model()
    real = saved_bytes(model, lambda: base(inputs_embeds=embedded, attention_mask=mask, use_cache=False))
    planned = batch * (kept.kept(checkpointing=checkpointing) - kept.projector)
    if not checkpointing:
        assert real == pytest.approx(planned, rel=0.01)
        return
    # While nothing is computed again; and cosine and sine are planned for each sample, but held once, and outside of autograd.
    rotary = 2 * 2 * length * model.config.head_dim
    assert real == planned - batch * (kept.layer + rotary)


def test_a_real_projector_keeps_what_is_planned(tiny_recipe):
    recipe = tiny_recipe(tune="projector")
    planned = count(recipe, shapes(recipe), 16, precision="fp32").projector
    model, _ = build(recipe)
    tower = model.get_vision_tower()
    shaped(model, torch.float32)
    projector = model.get_model().mm_projector
    patches = torch.randn(1, tower.num_patches, tower.hidden_size)
    assert saved_bytes(model, lambda: projector(patches)) == planned > 0
