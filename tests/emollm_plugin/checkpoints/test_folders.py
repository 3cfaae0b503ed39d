"""What a model folder is follows from its files, whatever it is called."""

import json

import pytest
import torch
from safetensors.torch import save_file

from emobench_data import InputError
from emollm_plugin.checkpoints.folders import find_base, host_name, read_folder, require_complete

EYES = {"model_type": "llava_llama", "mm_vision_tower": "clip"}
NAMES = ["plain", "llava-lora-mpt", "mistral-llava", "checkpoint-7"]


def put(folder, *files, config=None):
    """Whole files of the wanted names, with something of the right form in them."""
    folder.mkdir(parents=True, exist_ok=True)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    for name in files:
        if name.endswith(".safetensors"):
            save_file({"weight": torch.ones(4)}, folder / name)
        elif name.endswith(".bin"):
            torch.save({"weight": torch.ones(4)}, folder / name)
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("{}")
    return folder


def lora(folder, base="base", **changes):
    put(folder, "adapter_model.safetensors", "non_lora_trainables.bin", config={**EYES, **changes})
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    return folder


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("files", "config", "kind", "branch"),
    [
        (["model.safetensors"], {"model_type": "llama"}, "base", "model"),
        (["pytorch_model.bin"], {"model_type": "mpt"}, "base", "model"),
        (["model.safetensors"], EYES, "full", "llava"),
        (["model.safetensors"], {**EYES, "model_type": "llava_mistral"}, "full", "llava"),
        (["model.safetensors"], {**EYES, "model_type": "llava_mpt"}, "full", "llava"),
        (["mm_projector.bin"], EYES, "projector", "llava"),
        # A run that tuned the projector of a model that is saved whole.
        (["model.safetensors", "mm_projector.bin"], {**EYES, "tune_mm_mlp_adapter": True}, "full", "llava"),
    ],
)
def test_the_files_decide(tmp_path, name, files, config, kind, branch):
    folder = read_folder(put(tmp_path / name, *files, config=config))
    assert (folder.kind, folder.complete) == (kind, True)
    assert host_name(folder) == branch


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_is_one_under_any_name(tmp_path, name):
    folder = read_folder(lora(tmp_path / name))
    assert (folder.kind, folder.complete, folder.base) == ("lora", True, "base")
    assert host_name(folder) == "llava-lora"


@pytest.mark.parametrize("gone", ["non_lora_trainables.bin", "config.json", "adapter_config.json"])
def test_an_adapter_that_misses_a_file_says_which(tmp_path, gone):
    (lora(tmp_path) / gone).unlink()
    with pytest.raises(InputError, match=f"half-written: no {gone}"):
        require_complete(read_folder(tmp_path))


@pytest.mark.parametrize("name", ["model.safetensors", "mm_projector.bin"])
@pytest.mark.parametrize("kept", [0, 5, 0.5, -1])
def test_a_weight_file_that_was_cut_off_is_noticed(tmp_path, name, kept):
    file = put(tmp_path, name, config=EYES) / name
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept) if isinstance(kept, float) else kept])
    assert read_folder(tmp_path).faults == (f"{name} is cut off",)
    file.write_bytes(whole)
    assert read_folder(tmp_path).complete


def test_a_checkpoint_that_lists_its_files_has_them_all(tmp_path):
    size = (put(tmp_path, "mm_projector.bin", config=EYES) / "mm_projector.bin").stat().st_size
    listed = {"mm_projector.bin": size, "optimizer.pt": 5}
    (tmp_path / "emollm_complete.json").write_text(json.dumps(listed))
    assert read_folder(tmp_path).faults == ("optimizer.pt is missing or cut off",)
    (tmp_path / "optimizer.pt").write_bytes(b"12345")
    assert read_folder(tmp_path).complete


def test_a_missing_shard_and_a_broken_config_are_named(tmp_path):
    put(tmp_path, "model-1.safetensors", config=EYES)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert read_folder(tmp_path).faults == ("no model-2.safetensors",)
    (tmp_path / "config.json").write_text('{"model_type": "lla')
    assert "config.json is cut off or no JSON" in read_folder(tmp_path).faults


def test_a_checkpoint_in_mid_run_knows_its_step_and_whether_it_can_go_on(tmp_path):
    put(tmp_path, "model.safetensors", "optimizer.pt", config=EYES)
    assert not read_folder(tmp_path).resumable
    (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 5, "max_steps": 9}))
    folder = read_folder(tmp_path)
    assert (folder.step, folder.max_steps, folder.resumable) == (5, 9, True)


def test_a_killed_run_points_to_its_newest_complete_checkpoint(tmp_path):
    for step in (9, 10, 11):
        put(tmp_path / f"checkpoint-{step}", "model.safetensors", config=EYES)
    (tmp_path / "checkpoint-11" / "model.safetensors").write_bytes(b"half")
    folder = read_folder(tmp_path)
    assert (folder.kind, folder.newest) == ("run", tmp_path / "checkpoint-10")
    with pytest.raises(InputError, match="newest complete checkpoint is .*checkpoint-10"):
        require_complete(folder)


def test_deepspeeds_partitions_and_unknown_folders_come_with_a_way_out(tmp_path):
    put(tmp_path / "a", "latest", "global_step5/mp_rank_00_model_states.pt")
    with pytest.raises(InputError, match="zero_to_fp32"):
        require_complete(read_folder(tmp_path / "a"))
    with pytest.raises(InputError, match=r"no config\.json"):
        require_complete(read_folder(put(tmp_path / "b")))
    with pytest.raises(InputError, match="does not exist"):
        read_folder(tmp_path / "c")


def test_the_base_is_the_one_given_else_the_one_named_if_it_is_here(tmp_path):
    here = put(tmp_path / "base", "model.safetensors", config={"model_type": "llama"})
    folder = read_folder(lora(tmp_path / "a", base=str(here)))
    assert find_base(folder, None) == str(here)
    assert find_base(folder, "other") == "other"
    for base in (str(tmp_path / "gone"), "nobody/nothing", ["no", "name"]):
        with pytest.raises(InputError, match="--model-base"):
            find_base(read_folder(lora(tmp_path / "b", base=base)), None)
    noted = read_folder(lora(tmp_path / "c", base="gone", emollm_base=str(here)))
    assert find_base(noted, None) == str(here)
    assert find_base(read_folder(here), "other") is None
