"""Number formats: their names, and what of a model is cast to one."""

from contextlib import nullcontext

import pytest
import torch

from emobench_data import InputError
from emollm_plugin.compat import dtype
from emollm_plugin.compat.dtype import HostFormat, cast_parameters, format_named, keep_rotary_exact, noted_format

HALVES = [torch.bfloat16, torch.float16]


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("layer", [-1, -3])
def test_a_tower_with_batch_norm_gives_the_same_in_any_format(dtype, layer):
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    tower = EfficientNetLiteTower("efficientnet_lite0", layer=layer)
    images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    exact, before = tower(images), {name: value.clone() for name, value in tower.named_buffers()}
    cast_parameters(tower, dtype)
    assert tower.dtype == dtype and {*before} == {name for name, _ in tower.named_buffers()}
    assert all(torch.equal(value, before[name]) for name, value in tower.named_buffers())
    cast = tower(images.to(dtype)).float()
    assert (cast - exact).norm() / exact.norm() < 0.05
    # After another library has rounded everything, as DeepSpeed does, it can be run again.
    cast_parameters(tower.to(torch.float16), dtype)
    assert tower(images.to(dtype)).isfinite().all()


def test_parameters_are_cast_in_place_and_shared_ones_stay_shared():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model[0].register_buffer("frequencies", torch.tensor([1 / 3]))
    model[0].counts = torch.nn.Parameter(torch.tensor([5]), requires_grad=False)
    held = model[0].weight
    cast_parameters(model, torch.bfloat16)
    assert model[0].weight is model[1].weight is held and held.dtype == torch.bfloat16
    assert model[0].frequencies.tolist() == torch.tensor([1 / 3]).tolist() and model[0].counts.dtype == torch.int64


def test_float16_of_the_host_means_the_models_format_inside():
    with HostFormat(torch.bfloat16):
        assert torch.ones(1).to(torch.float16).dtype == torch.ones(1).half().dtype == torch.bfloat16
        assert torch.nn.Linear(1, 1).to(dtype=torch.float16).weight.dtype == torch.bfloat16
    assert torch.ones(1).half().dtype == torch.float16


def test_formats_by_name():
    assert format_named("bfloat16") is format_named(torch.bfloat16) is torch.bfloat16
    with pytest.raises(InputError, match="--dtype int8: .*; known: float32, float16, bfloat16"):
        format_named("int8")
    assert noted_format({"torch_dtype": "float16"}) is torch.float16
    assert noted_format({"dtype": "bfloat16"}) is torch.bfloat16
    assert noted_format({}) is noted_format({"dtype": "auto"}) is None


@pytest.mark.parametrize(
    "cast",
    [lambda model: cast_parameters(model, torch.bfloat16), lambda model: model.to(torch.bfloat16)],
    ids=["evaluation", "training"],
)
def test_training_and_evaluation_keep_rotary_frequencies_by_one_rule(cast, monkeypatch):
    """Each casts as the other does, and not without the rule."""

    def model():
        class RotaryEmbedding(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("frequencies", torch.tensor([1 / 3]), persistent=False)

        made = torch.nn.Sequential(torch.nn.Linear(1, 1), RotaryEmbedding())
        keep_rotary_exact(made)
        cast(made)
        assert made[0].weight.dtype == torch.bfloat16
        return made[1].frequencies

    assert torch.equal(model(), torch.tensor([1 / 3]))
    monkeypatch.setattr(dtype, "buffers_kept", nullcontext)
    assert model().dtype == torch.bfloat16
