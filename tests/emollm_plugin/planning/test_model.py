"""Parameters of shipped recipes, as published and as counted by hand; shapes that are not known."""

import json

import pytest

from emobench_data import InputError
from emollm_plugin.planning.model import ADAPTER, LLM, PROJECTOR, TOWER, shapes
from emollm_plugin.planning.shapes import decoder_shapes, published, shapes_of
from emollm_plugin.recipes.defaults import with_defaults
from emollm_plugin.recipes.layers import read_recipe, shipped_recipes

from .conftest import EYES, LANGUAGE, MATRICES, MLP, C, V

PLAIN = "projector=mlp2x_gelu"


def of(recipe, *changes):
    return shapes(with_defaults(read_recipe({}, recipe, changes)))


def test_llava_7b_is_what_is_counted_by_hand():
    known = of("vicuna-7b-clip-l", PLAIN)
    assert known.parameters == {LLM: 6_738_415_616, PROJECTOR: MLP, TOWER: EYES} and LANGUAGE == 6_738_415_616
    assert known.trained == {LLM: LANGUAGE, PROJECTOR: MLP}
    assert (known.matrices, known.quantized, known.visual, known.heads) == (MATRICES, MATRICES + V * C, 576, 4096)
    assert known.eyes[0] == pytest.approx(2 * EYES * 577, rel=0.15)  # attention comes beside the matrices


def test_an_adapter_of_rank_128_on_seven_matrices():
    known = of("vicuna-7b-clip-l", PLAIN, "tune=lora", "lora_r=128")
    assert known.trained == {ADAPTER: 319_815_680, PROJECTOR: MLP}
    half = of("vicuna-7b-clip-l", PLAIN, "tune=lora", "lora_r=128", "lora_layers=16-31")
    assert half.parameters[ADAPTER] == 319_815_680 // 2


@pytest.mark.parametrize(
    ("recipe", "language", "visual"),
    [("llama-3-8b", 8_030_261_248, 576), ("qwen3-4b-siglip", 4_022_468_096, 729), ("gemma-3-4b", 3_880_263_168, 729)],
)
def test_other_recipes(recipe, language, visual):
    known = of(recipe, PLAIN)
    assert (known.parameters[LLM], known.visual) == (language, visual)


def test_the_default_and_a_voice():
    known = of("ravdess")
    assert known.parameters[LLM] == 134_515_008 and known.visual == 4 and "audio tower" in known.parameters


def test_all_shipped_recipes_name_what_is_known():
    for name in shipped_recipes():
        recipe = with_defaults(read_recipe({}, name))
        if recipe.base_model:
            assert decoder_shapes(recipe.base_model)[0]["hidden_size"] and shapes_of(recipe.vision_tower, "VISION_TOWER")
    assert all(one["source"] for one in published().values())


def test_a_folder_comes_before_the_table_and_what_is_unknown_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "vicuna-7b-v1.5"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llava_llama", "hidden_size": 64, "mm_hidden_size": 8}))
    assert decoder_shapes(str(folder))[0] == {"model_type": "llama", "hidden_size": 64}
    (folder / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        decoder_shapes(str(folder))
    with pytest.raises(InputError, match="BASE_MODEL=nobody/nothing: its config.json is not here"):
        decoder_shapes("nobody/nothing")
