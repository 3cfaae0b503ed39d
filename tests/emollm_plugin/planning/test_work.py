"""Arithmetic, communication, disk and time, against what is counted by hand and by PyTorch."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from emollm_plugin.planning.activations import shaped
from emollm_plugin.planning.model import build, shapes
from emollm_plugin.planning.work import communication, disk, hours, sample_flops, steps

from .conftest import EYES, LANGUAGE, MLP, setting, sizes

T, ALL = LANGUAGE + MLP, LANGUAGE + MLP + EYES
RING = 7 / 8


@pytest.mark.parametrize(
    ("zero", "sent"),
    [
        ("0", 2 * 2 * T * RING),  # an all-reduce
        ("2", (2 + 1) * 2 * T * RING),  # a reduce-scatter for each of two micro-batches, an all-gather of new weights
        ("3", 2 * (2 * 2 * ALL + 2 * T) * RING),
        ("none", 2 * 4 * T * RING),
    ],
)
def test_a_ring_sends_all_but_its_own_part(zero, sent):
    assert communication(sizes(), setting(zero=zero), 2)["network"] == pytest.approx(sent, abs=8)
    assert communication(sizes(), setting(zero=zero, gpus=1), 2)["network"] == 0


def test_offload_goes_to_the_cpu_and_back():
    assert communication(sizes(), setting(zero="3_offload"), 2)["host"] == pytest.approx(2 * 2 * (T + 2 * ALL) / 8, abs=8)
    assert communication(sizes(), setting(zero="3"), 2)["host"] == 0


@pytest.mark.parametrize("settings", [{"tune": "full"}, {"tune": "lora", "lora_r": 4}, {"tune": "projector"}])
def test_operations_are_those_that_pytorch_counts(tiny_recipe, settings):
    recipe = tiny_recipe(**settings)
    known, (model, _) = shapes(recipe), build(recipe)
    model.config._attn_implementation = "eager"
    shaped(model, torch.float32)
    embedded = torch.randn(1, 24, known.width).requires_grad_()
    with FlopCounterMode(display=False) as counted:
        model.get_model()(inputs_embeds=embedded, use_cache=False)[0].sum().backward()
    # Attention that is not fused computes the half too that lies ahead of each token.
    ahead = 3 * 2 * known.layers * 24 * 24 * known.heads
    tower, projector = known.eyes
    head = 2 * known.vocabulary * known.width * 64 * (3 if recipe.tune == "full" else 2)
    ours = sample_flops(known, setting(tune=recipe.tune), 24) - tower - 3 * projector - head
    assert ours + ahead == counted.get_total_flops()


def test_checkpointing_computes_the_layers_once_more():
    plain, again = (sample_flops(sizes(), setting(checkpointing=on), 832) for on in (False, True))
    assert 4 / 3 - 0.01 < again / plain < 4 / 3


def test_disk_steps_and_hours():
    assert disk(sizes(), setting()) == {"final": 2 * ALL, "checkpoint": 2 * 2 * ALL + 12 * T}
    assert disk(sizes("projector"), setting(tune="projector", zero="3")) == {"final": 2 * MLP, "checkpoint": 14 * MLP}
    bare = {tune: disk(sizes(tune), setting(tune=tune, zero="none")) for tune in ("full", "projector")}
    assert bare["projector"] == {"final": 4 * MLP, "checkpoint": 12 * MLP}, "the projector is made in float32, and stays so"
    assert bare["full"] == {"final": 2 * (LANGUAGE + EYES) + 4 * MLP, "checkpoint": 12 * T + 2 * EYES}
    assert [steps(100, 1, 8, -1), steps(100, 2.5, 8, -1), steps(100, 1, 8, 5), steps(3, 1, 8, -1)] == [13, 33, 5, 1]
    assert steps(130, 10, 128, -1) == 20, "an epoch ends with a step of what is left"
    assert hours(36 * 10**14, 100, 2, 50) == pytest.approx(1.0)
