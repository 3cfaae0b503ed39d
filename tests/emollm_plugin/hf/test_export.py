"""An exported model gives the logits and answers of `emollm eval`, for every family, tower and kind of checkpoint."""

import pytest
import torch
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.hf.export import export

from ..decoders import families_here
from ..towers.test_transformers_tower import make_dinov2, make_siglip
from .conftest import OURS, read, same_as_evaluation

pytestmark = pytest.mark.host


@pytest.mark.parametrize("family", families_here())
def test_every_family(family, make, tmp_path):
    checkpoint = make(family)
    export(checkpoint, tmp_path / "hf")
    same_as_evaluation(checkpoint, tmp_path / "hf")


# Qwen's embeddings are tied, and Phi's adapters lie at three projections in one.
@pytest.mark.parametrize(("family", "kind"), [("llama", "projector"), ("qwen2", "lora"), ("phi3", "lora")])
def test_adapters(family, kind, make, tmp_path):
    checkpoint = make(family, kind)
    export(checkpoint, tmp_path / "hf")
    same_as_evaluation(checkpoint, tmp_path / "hf")


def make_tower(kind, folder):
    if kind == "siglip":
        make_siglip(folder)
    elif kind == "dinov2":
        make_dinov2(folder)
    elif kind == "registers":
        make_registers(folder)
    return folder


def make_registers(folder):
    from transformers import BitImageProcessor, Dinov2WithRegistersConfig, Dinov2WithRegistersModel

    torch.manual_seed(0)
    size = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 14, "image_size": 28}
    Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**size, num_register_tokens=3)).save_pretrained(folder)
    crop = {"height": 28, "width": 28}
    BitImageProcessor(size={"shortest_edge": 32}, crop_size=crop, do_center_crop=True).save_pretrained(folder)


@pytest.mark.parametrize(
    ("tower", "layer", "projector"),
    [
        *((tower, layer, OURS) for tower, layer in (("siglip", -2), ("dinov2", -1), ("registers", -2))),
        ("siglip", -2, "multiperspective:perspectives=none"),
        ("dinov2", -1, "mlp2x_gelu"),
        ("registers", -2, "mlp2x_gelu"),
    ],
)
def test_towers_of_transformers(tower, layer, projector, make, tmp_path):
    checkpoint = make(tower=make_tower(tower, tmp_path / tower), layer=layer, projector=projector)
    export(checkpoint, tmp_path / "hf")
    stock = projector != OURS and tower != "registers"
    assert read(tmp_path / "hf")["architectures"] == [f"{'L' if stock else 'EmoL'}lavaForConditionalGeneration"]
    same_as_evaluation(checkpoint, tmp_path / "hf")


@pytest.mark.parametrize(("name", "layer"), [("efficientnet_lite0", -1), ("efficientnet_lite0", -3)])
def test_efficientnet_lite(name, layer, make, tmp_path):
    checkpoint = make(tower=name, layer=layer, projector=f"{OURS},tokens=4")
    export(checkpoint, tmp_path / "hf")
    same_as_evaluation(checkpoint, tmp_path / "hf")


@pytest.mark.parametrize(("tower", "dtype"), [(None, torch.float16), ("efficientnet_lite0", torch.bfloat16)])
def test_half_precision_is_kept(tower, dtype, make, tmp_path):
    checkpoint = make(tower=tower, dtype=dtype)
    export(checkpoint, tmp_path / "hf")
    name = str(dtype).removeprefix("torch.")
    assert read(tmp_path / "hf")["dtype"] == name
    same_as_evaluation(checkpoint, tmp_path / "hf", dtype=name)


@pytest.mark.parametrize("projector", ["mlp2x_gelu", "multiperspective:perspectives=none"])
def test_without_perspectives_it_is_transformers_own_llava(projector, make, tmp_path):
    checkpoint = make(projector=projector)
    export(checkpoint, tmp_path / "hf")
    config = read(tmp_path / "hf")
    assert config["architectures"] == ["LlavaForConditionalGeneration"] and "auto_map" not in config
    assert not list((tmp_path / "hf").glob("*.py"))
    same_as_evaluation(checkpoint, tmp_path / "hf")


def test_it_is_written_in_shards(make, tmp_path, monkeypatch):
    from emollm_plugin.hf import export as module

    monkeypatch.setattr(module, "SHARD", "40KB")
    checkpoint = make()
    export(checkpoint, tmp_path / "hf")
    assert len(list((tmp_path / "hf").glob("*.safetensors"))) > 2
    same_as_evaluation(checkpoint, tmp_path / "hf")
    assert {path.stat().st_mode & 0o444 for path in (tmp_path / "hf").iterdir()} == {0o444}, "weights can be read"


@pytest.mark.parametrize("projector", [OURS, "mlp2x_gelu"])
def test_the_command_writes_a_folder_once_and_names_no_place_of_this_machine(projector, make, tiny, tmp_path):
    checkpoint = make(kind="lora", projector=projector)
    command = ["export", str(checkpoint), "--out", str(tmp_path / "hf")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(tmp_path / "hf")
    for file in (tmp_path / "hf").iterdir():
        assert not [place for place in (tmp_path, tiny.root) if str(place).encode() in file.read_bytes()], file
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 2 and "is not an empty folder" in again.output


BAD = {
    "no perspective": ({"projector": "linear"}, "projector linear cannot be exported"),
    "crops": ({"image_aspect_ratio": "anyres"}, "pictures in crops .* cannot be exported"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_has_no_form_is_one_line(case, make, tmp_path):
    settings, why = BAD[case]
    refused(make(**settings), tmp_path / "hf", why)


def test_a_tower_of_another_kind_is_one_line(make, tmp_path, monkeypatch):
    from emollm_plugin.hf import vision

    monkeypatch.setattr(vision, "STOCK_TOWERS", ("siglip_vision_model",))
    refused(make(), tmp_path / "hf", "vision tower .* .clip_vision_model. cannot be exported; known")


def test_a_base_model_or_another_folder_is_one_line(tiny, make, tmp_path):
    refused(tiny.base, tmp_path / "hf", "a language model without eyes")
    refused(tiny.clip, tmp_path / "hf", "another kind .clip_vision_model.")
    export(make(), tmp_path / "done")
    refused(tmp_path / "done", tmp_path / "hf", "exported model already")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", tmp_path / "hf", "name the folder of a saved model")


def test_a_checkpoint_without_its_base_is_one_line(make, tmp_path):
    checkpoint = make(kind="lora")
    (tmp_path / "base").rename(tmp_path / "elsewhere")
    refused(checkpoint, tmp_path / "hf", "as its base model.*--model-base")


def test_a_failed_export_leaves_nothing(make, tmp_path, monkeypatch):
    from emollm_plugin.hf import export as module

    checkpoint = make()

    def full_disk(*_):
        raise OSError(28, "No space left on device", "out")

    monkeypatch.setattr(module, "_write_code", full_disk)
    before = sorted(tmp_path.iterdir())
    done = CliRunner().invoke(main, ["export", str(checkpoint), "--out", str(tmp_path / "hf")])
    assert done.exit_code == 2 and "No space left" in done.output
    assert sorted(tmp_path.iterdir()) == before


def refused(checkpoint, out, why):
    import re

    done = CliRunner().invoke(main, ["export", str(checkpoint), "--out", str(out)])
    lines = [line for line in done.output.splitlines() if line.lower().startswith("error: ")]
    assert done.exit_code == 2 and len(lines) == 1, done.output
    assert re.search(why, lines[0]), lines
    assert not out.exists()
