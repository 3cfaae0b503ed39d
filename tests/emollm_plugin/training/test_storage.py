"""What training opens and writes later is looked at before it starts."""

import shutil
from collections import namedtuple

import pytest
import torch
from click.testing import CliRunner

from emobench_data.io.errors import InputError
from emollm_plugin.training import storage

pytestmark = [pytest.mark.host, pytest.mark.current_stack]
WITHOUT_NETWORK = "without a network, put its files into a folder by hand"


def test_hub_names_without_a_network(refused):
    from emollm_plugin.cli.commands import main

    for changes in ({"model_name_or_path": "lmsys/vicuna-7b-v1.5"}, {"vision_tower": "openai/clip-vit-large-patch14"}):
        error = refused(**changes)
        assert WITHOUT_NETWORK in error and next(iter(changes.values())) in error
    done = CliRunner().invoke(main, ["template", "lmsys/vicuna-7b-v1.5"])
    assert done.exit_code == 2 and WITHOUT_NETWORK in done.output and done.output.count("error: ") == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("preprocessor_config.json", None, "no preprocessor_config.json"),
        ("model.safetensors", None, "no weights"),
        ("model.safetensors", b"xx", "model.safetensors is cut off"),
    ],
)
def test_a_vision_tower_that_is_not_whole(refused, tiny, tmp_path, name, content, said):
    folder = shutil.copytree(tiny.clip, tmp_path / "clip")
    (folder / name).write_bytes(content) if content else (folder / name).unlink()
    error = refused(vision_tower=folder)
    assert said in error and str(folder) in error


def test_a_tokenizer_and_a_deepspeed_configuration_that_are_no_json(refused, tiny, tmp_path):
    folder = shutil.copytree(tiny.base, tmp_path / "base")
    (folder / "tokenizer.json").write_text("{")
    assert "the tokenizer of" in refused(model_name_or_path=folder)
    assert "no DeepSpeed configuration" in refused(deepspeed=folder / "tokenizer.json")


def test_a_projector_to_start_from(refused, llava_model, tmp_path):
    file = tmp_path / "mm_projector.bin"
    assert "No such file" in refused(pretrain_mm_mlp_adapter=file)
    file.write_bytes(b"123")
    assert "no file of tensors" in refused(pretrain_mm_mlp_adapter=file)
    torch.save({"weight": torch.ones(2)}, file)
    assert "no keys with" in refused(pretrain_mm_mlp_adapter=file)
    projector = llava_model.get_model().mm_projector
    saved = {f"model.mm_projector.{key}": value for key, value in projector.state_dict().items()}
    torch.save(saved, file)
    storage.check_projector_file(file, projector)
    torch.save({**saved, "model.mm_projector.content.0.weight": torch.ones(3, 3)}, file)
    assert "size mismatch for content.0.weight" in refused(pretrain_mm_mlp_adapter=file)
    assert "Missing key(s)" in refused(pretrain_mm_mlp_adapter=file, mm_projector_type="mlp2x_gelu")


def test_a_folder_for_the_output_that_is_a_file(refused, tmp_path):
    (tmp_path / "file").touch()
    for folder in ("file", "file/below"):
        assert "is no folder that can be written to" in refused(output_dir=tmp_path / folder)


@pytest.mark.parametrize(
    ("free", "error", "raised"),
    [
        (0, RuntimeError("file write failed"), InputError),
        (10**9, Exception("I/O error: No space left on device (os error 28)"), InputError),
        (10**9, OSError(28, "No space left on device"), InputError),
        (10**9, RuntimeError("file write failed"), RuntimeError),
    ],
)
def test_a_full_disk_is_named_whatever_raised_and_other_errors_are_left(tmp_path, monkeypatch, free, error, raised):
    usage = namedtuple("usage", "free")(free)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(raised), storage.full_disk_named(tmp_path):
        raise error
