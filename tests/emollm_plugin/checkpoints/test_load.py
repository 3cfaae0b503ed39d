"""A checkpoint answers as the model did before it was saved, or loading it fails with the reason."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from emobench_data import InputError
from emollm_plugin.checkpoints.load import projector_tensors

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


@pytest.fixture
def saved(llava_model, tiny, tmp_path):
    folder = tmp_path / "llava-saved"
    llava_model.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    return folder


def load(folder):
    from llava.model.builder import load_pretrained_model

    return load_pretrained_model(str(folder), None, folder.name)[1]


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_reloaded_checkpoint_answers_as_before_saving(llava_model, saved, answers):
    before = answers(llava_model)
    assert len({str(answer) for answer in before}) > 1, "the answers must depend on the image"
    assert answers(load(saved)) == before


def test_a_projector_of_a_first_stage_that_lies_there_is_not_the_models(llava_model, saved):
    torch.save(
        {f"mm_projector.{key}": value + 1 for key, value in projector_tensors(saved).items()}, saved / "mm_projector.bin"
    )
    (saved / "openvino_model.bin").write_bytes(b"of another program")
    for key, value in projector_tensors(saved).items():
        torch.testing.assert_close(value.float(), llava_model.get_model().mm_projector.state_dict()[key].float())


def test_tensors_that_cannot_be_read_are_one_line(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02not tensors at all")
    with pytest.raises(InputError, match="pytorch_model.bin: cannot be read as tensors"):
        projector_tensors(tmp_path)


def test_a_missing_projector_key_stops_with_its_name(saved):
    key = "model.mm_projector.reads.objects.gate"
    change_weights(saved, lambda weights: weights.pop(key))
    with pytest.raises(InputError, match=r"missing keys \['reads\.objects\.gate'\]"):
        load(saved)


def test_an_unexpected_projector_key_stops_with_its_name(saved):
    change_weights(saved, lambda weights: weights.update({"model.mm_projector.extra": torch.ones(2)}))
    with pytest.raises(InputError, match=r"unexpected keys \['extra'\]"):
        load(saved)


def test_a_checkpoint_without_a_projector_stops(saved):
    def drop(weights):
        for key in [key for key in weights if "mm_projector." in key]:
            del weights[key]

    change_weights(saved, drop)
    with pytest.raises(InputError, match="holds no projector weights"):
        load(saved)


def test_a_config_that_names_another_projector_stops(saved):
    config = json.loads((saved / "config.json").read_text())
    config["mm_projector_type"] = "multiperspective:slots=2,width=16,perspectives=objects"
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="unexpected keys.*in mm_projector_type of its config.json"):
        load(saved)


def test_a_projector_of_the_hosts_type_under_our_name_stops(saved):
    def flatten(weights):
        for key in [key for key in weights if "mm_projector." in key]:
            value, layer = weights.pop(key), key.rpartition("mm_projector.content.")[2]
            if layer != key:
                weights[f"model.mm_projector.{layer}"] = value

    change_weights(saved, flatten)
    with pytest.raises(InputError, match="holds an mlp2x_gelu projector; mend mm_projector_type"):
        load(saved)


def test_the_projector_is_restored_to_the_bit_whatever_the_host_made_of_it(saved):
    from emollm_plugin.checkpoints.load import projector_tensors, restore_projector

    loaded = load(saved).get_model().mm_projector
    torch.nn.init.normal_(loaded.content[2].weight)
    restore_projector(loaded, saved)
    wanted = projector_tensors(saved)
    assert all(torch.equal(value, wanted[key].to(value.dtype)) for key, value in loaded.state_dict().items())


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "llava-none")
    (tmp_path / "llava-empty").mkdir()
    with pytest.raises(InputError, match=r"config\.json"):
        load(tmp_path / "llava-empty")
