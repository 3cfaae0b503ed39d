"""Adapters load under any folder name without `--model-base`, and `emollm merge` makes plain checkpoints of them."""

import copy
import json
import os

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from emobench_data import InputError
from emollm_plugin.checkpoints.folders import read_folder
from emollm_plugin.checkpoints.load import trained_format
from emollm_plugin.checkpoints.merge import merge
from emollm_plugin.cli.commands import main

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


def load(folder, base=None):
    """In the format that it was trained in, which is what it is merged in."""
    from llava.model.builder import load_pretrained_model

    # The name that the host's scripts make of the path.
    return load_pretrained_model(str(folder), base, folder.name, dtype=trained_format(str(folder)))[1]


@pytest.fixture(params=["projector_folder", "lora_folder"])
def adapter(request):
    return request.getfixturevalue(request.param)


def test_an_adapter_finds_its_own_base_and_merges_into_a_checkpoint_that_answers_the_same(
    adapter, llava_model, answers, tmp_path
):
    model, unchanged = load(adapter), copy.deepcopy(llava_model).to(trained_format(str(adapter)))
    wanted = answers(model)
    if read_folder(adapter).kind == "lora":
        assert wanted != answers(unchanged), "LoRA must change the answers for this to prove anything"
    out = tmp_path / "plain-lora"
    done = CliRunner().invoke(main, ["merge", str(adapter), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert read_folder(out).kind == "full" and read_folder(out).template == "emoprompt_chatml"
    merged, weights = load(out), model.state_dict()
    for name, value in merged.state_dict().items():
        assert torch.allclose(value, weights[name], rtol=1e-2, atol=1e-4), name
    assert answers(merged) == wanted
    again = CliRunner().invoke(main, ["merge", str(adapter), "--out", str(out)])
    assert again.exit_code == 2 and "exists already" in again.output


def test_what_a_process_of_the_same_number_writes_at_that_time_stays_its_own(lora_folder, tmp_path, monkeypatch):
    """Containers on one share count their processes alike."""
    theirs = tmp_path / "merged.partial-7" / "weights"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    monkeypatch.setattr(os, "getpid", lambda: 7)
    merge(lora_folder, tmp_path / "merged")
    assert theirs.read_text() == "theirs" and not (tmp_path / "merged" / "weights").exists()


@pytest.mark.parametrize(("noted", "written"), [("float32", "float32"), ("bfloat16", "bfloat16"), (None, "bfloat16")])
def test_it_is_written_in_the_format_of_its_training_on_every_machine(lora_folder, tmp_path, noted, written, monkeypatch):
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)
    config = json.loads((lora_folder / "config.json").read_text())
    config = {key: value for key, value in config.items() if key not in ("dtype", "torch_dtype")}
    (lora_folder / "config.json").write_text(json.dumps({**config, **({"torch_dtype": noted} if noted else {})}))
    out = tmp_path / "merged"
    done = CliRunner().invoke(main, ["merge", str(lora_folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    weights = [each for file in out.glob("*.safetensors") for each in load_file(file).values()]
    assert {str(each.dtype) for each in weights} == {f"torch.{written}"}
    merged = json.loads((out / "config.json").read_text())
    assert written in (merged.get("dtype"), merged.get("torch_dtype"))


def test_a_base_that_is_not_here_is_named(adapter, tiny, answers):
    gone = str(tiny.root / "gone")
    for name in ("config.json", "adapter_config.json"):
        if (adapter / name).is_file():
            (adapter / name).write_text((adapter / name).read_text().replace(str(tiny.base), gone))
    with pytest.raises(InputError, match=f"names {gone} as its base model.*--model-base"):
        load(adapter)
    assert answers(load(adapter, str(tiny.base)))


def test_a_failed_merge_leaves_nothing(projector_folder, tmp_path, monkeypatch):
    from transformers import PreTrainedTokenizerBase

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(PreTrainedTokenizerBase, "save_pretrained", full_disk)
    before = sorted(tmp_path.iterdir())
    done = CliRunner().invoke(main, ["merge", str(projector_folder), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "No space left" in done.output
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_whole_already_is_not_merged(tiny, tmp_path):
    done = CliRunner().invoke(main, ["merge", str(tiny.base), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "nothing to merge" in done.output


def test_vicunas_generation_settings_can_be_saved_again():
    from types import SimpleNamespace

    from transformers import GenerationConfig

    from emollm_plugin.compat.generation import valid_generation_config

    model = SimpleNamespace(generation_config=GenerationConfig(temperature=0.9, top_p=0.6))
    valid_generation_config(model)
    assert model.generation_config.do_sample
    greedy = SimpleNamespace(generation_config=GenerationConfig())
    valid_generation_config(greedy)
    assert not greedy.generation_config.do_sample
