"""SigLIP, DINOv2 and the host's CLIP on tiny random weights: what they give, and what does not fit stops."""

import json
import shutil
from types import SimpleNamespace

import pytest
import torch

from emobench_data import InputError
from emollm_plugin.towers.builders import builder_of, check_tower

pytestmark = pytest.mark.host

SIZE = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 14}


def make_siglip(folder, *, side=28, dual=False):
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipVisionConfig, SiglipVisionModel

    torch.manual_seed(0)
    vision = {**SIZE, "intermediate_size": 48, "image_size": side}
    if dual:
        text = {"hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4}
        model = SiglipModel(SiglipConfig(text_config={**text, "vocab_size": 64}, vision_config=vision))
    else:
        model = SiglipVisionModel(SiglipVisionConfig(**vision))
    model.save_pretrained(folder)
    SiglipImageProcessor(size={"height": side, "width": side}).save_pretrained(folder)


def make_dinov2(folder, *, crop=28):
    from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    # Trained at one size and used at another, as the released ones are.
    Dinov2Model(Dinov2Config(**SIZE, image_size=70)).save_pretrained(folder)
    crop = {"height": crop, "width": crop}
    BitImageProcessor(size={"shortest_edge": 32}, crop_size=crop, do_center_crop=True).save_pretrained(folder)


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    import emollm_plugin

    emollm_plugin.register()
    root = tmp_path_factory.mktemp("towers")
    make_siglip(root / "siglip")
    make_siglip(root / "siglip-dual", dual=True)
    make_dinov2(root / "dinov2")
    return {**{path.name: path for path in root.iterdir()}, "clip": tiny.clip}


@pytest.fixture
def copy(folders, tmp_path):
    def build(name, file=None, **changes):
        folder = shutil.copytree(folders[name], tmp_path / name)
        if file:
            content = json.loads((folder / file).read_text())
            (folder / file).write_text(json.dumps({**content, **changes}))
        return folder

    return build


def arguments(folder, **changes):
    given = {"mm_vision_tower": str(folder), "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch"}
    return SimpleNamespace(**{**given, **changes})


def build(folder, *, delay_load=False, **changes):
    """As the host's model does it."""
    from llava.model import llava_arch

    return llava_arch.build_vision_tower(arguments(folder, **changes), delay_load=delay_load)


IMAGES = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["clip", "siglip", "siglip-dual", "dinov2"])
def test_a_tower_gives_the_patches_that_it_states(folders, name):
    stated = build(folders[name], delay_load=True)
    tower = build(folders[name])
    tokens = tower(IMAGES)
    assert tokens.shape == (2, 4, 24) == (2, stated.num_patches, stated.hidden_size)
    assert not tokens.requires_grad and not any(weight.requires_grad for weight in tower.parameters())
    assert not torch.allclose(tokens[0], tokens[1])
    assert all(torch.allclose(one[0], each, atol=1e-5) for one, each in zip(tower(list(IMAGES)), tokens))


def test_the_class_token_is_left_out_and_can_be_asked_for(folders):
    from transformers import Dinov2Model

    every = Dinov2Model.from_pretrained(folders["dinov2"])(IMAGES, output_hidden_states=True).hidden_states[-2]
    assert torch.allclose(build(folders["dinov2"])(IMAGES), every[:, 1:])
    assert torch.allclose(build(folders["dinov2"], mm_vision_select_feature="cls_patch")(IMAGES), every)


def test_siglip_has_no_class_token_to_leave_out(folders):
    from transformers import SiglipVisionModel

    every = SiglipVisionModel.from_pretrained(folders["siglip"])(IMAGES, output_hidden_states=True).hidden_states[-2]
    assert torch.allclose(build(folders["siglip"])(IMAGES), every)


def test_the_vision_part_of_a_whole_siglip_is_restored(folders):
    from transformers import SiglipModel

    whole = SiglipModel.from_pretrained(folders["siglip-dual"]).vision_model
    every = whole(IMAGES, output_hidden_states=True).hidden_states[-1]
    assert torch.allclose(build(folders["siglip-dual"], mm_vision_select_layer=-1)(IMAGES), every)


@pytest.mark.parametrize("name", ["siglip", "dinov2"])
def test_the_hosts_code_for_images_works_with_its_processor(folders, name):
    from llava.mm_utils import process_images
    from PIL import Image

    processor = build(folders[name]).image_processor
    image = Image.new("RGB", (40, 30), (200, 10, 10))
    pixels = process_images([image], processor, SimpleNamespace(image_aspect_ratio="pad"))
    assert pixels.shape == (1, 3, 28, 28)
    assert processor.crop_size["height"] == 28


def test_what_does_not_fit_stops_when_the_model_is_built(folders, copy):
    with pytest.raises(InputError, match="is 24 wide, the projector was made for 1280"):
        build(folders["siglip"], mm_hidden_size=1280)
    with pytest.raises(InputError, match="is 24 wide, the projector was made for 1280"):
        build(folders["clip"], mm_hidden_size=1280, delay_load=True)
    with pytest.raises(InputError, match="has 2 layers; mm_vision_select_layer -5"):
        build(folders["clip"], mm_vision_select_layer=-5)
    with pytest.raises(InputError, match=r"'cls_patch' is not in \('patch',\)"):
        build(folders["siglip"], mm_vision_select_feature="cls_patch")
    for name in ("siglip", "clip"):
        wrong = {"size": {"height": 42, "width": 42}, "crop_size": {"height": 42, "width": 42}}
        with pytest.raises(InputError, match="makes 42 pixels, the model takes 28"):
            build(copy(name, "preprocessor_config.json", **wrong))


def test_dinov2_wants_whole_patches(tmp_path):
    make_dinov2(tmp_path / "odd", crop=30)
    with pytest.raises(InputError, match="30 pixels of its image processor are no multiple"):
        build(tmp_path / "odd")


def test_pixels_of_another_size_than_stated_stop(folders):
    with pytest.raises(InputError, match=r"gives \(9, 24\) .* not \(4, 24\)"):
        build(folders["dinov2"])(torch.zeros(1, 3, 42, 42))


def test_folders_and_names_that_are_no_tower(copy, tmp_path, folders):
    with pytest.raises(InputError, match=r"model type 'bert'.*google/siglip.*efficientnet_lite0"):
        builder_of(str(copy("siglip", "config.json", model_type="bert")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        builder_of(str(tmp_path / "empty"))
    assert builder_of("openai/clip-vit-large-patch14-336") is None
    with pytest.raises(InputError, match="names no vision tower"):
        builder_of(None)  # a config.json with null
    bare = copy("dinov2")
    (bare / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        build(bare)


def test_efficientnet_lite_is_checked_too():
    config = SimpleNamespace(image_size=224)
    tower = SimpleNamespace(vision_tower_name="efficientnet_lite0", hidden_size=1280, config=config)
    check_tower(tower, SimpleNamespace(mm_hidden_size=1280))
    with pytest.raises(InputError, match="1280 wide"):
        check_tower(tower, SimpleNamespace(mm_hidden_size=1024))
