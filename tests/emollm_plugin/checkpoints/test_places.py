"""A checkpoint can be moved, together with its base and its vision tower or away from them."""

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emollm_plugin.checkpoints.finish import finish
from emollm_plugin.checkpoints.folders import find_base, note_training, read_folder
from emollm_plugin.checkpoints.towers import find_tower
from emollm_plugin.cli.commands import main

pytestmark = pytest.mark.host


@pytest.fixture
def house(lora_folder, tiny, tmp_path):
    """`house/runs/lora`, `house/models/base` and `house/models/clip`, as a training in it leaves them."""
    house = tmp_path / "house"
    for name in ("base", "clip"):
        shutil.copytree(tiny.root / name, house / "models" / name)
    shutil.copytree(lora_folder, house / "runs" / "lora")
    lora, base = house / "runs" / "lora", str(house / "models" / "base")
    change(lora / "config.json", emollm_base=base, mm_vision_tower=str(house / "models" / "clip"), _name_or_path=base)
    change(lora / "adapter_config.json", base_model_name_or_path=base)
    finish(lora)
    return house


def change(file, **values):
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def load(folder, **options):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(folder), **options)


def test_it_notes_places_from_itself_and_loads_where_all_were_moved_together(house, tmp_path, monkeypatch):
    config = json.loads((house / "runs" / "lora" / "config.json").read_text())
    assert (config["emollm_base"], config["emollm_tower"]) == ("../../models/base", "../../models/clip")
    assert json.loads((house / "runs" / "lora" / "adapter_config.json").read_text())["base_model_name_or_path"] == (
        "../../models/base"
    )
    assert "_name_or_path" not in config
    house.rename(tmp_path / "elsewhere")
    monkeypatch.chdir("/")
    predictor = load(tmp_path / "elsewhere" / "runs" / "lora")
    assert predictor.model.config.mm_vision_tower == str(tmp_path / "elsewhere" / "models" / "clip")


def test_another_model_at_the_same_place_is_not_taken_for_its_own(house):
    lora = house / "runs" / "lora"
    change(house / "models" / "base" / "config.json", rope_theta=5.0)
    with pytest.raises(InputError, match=r"names \.\./\.\./models/base as its base model, which is not on this machine"):
        find_base(read_folder(lora), None)
    (house / "models" / "clip").rename(house / "moved")
    (house / "models" / "base").rename(house / "models" / "clip")
    with pytest.raises(InputError, match="which is not here; say where it is with --vision-tower"):
        find_tower(read_folder(lora), None)
    assert find_tower(read_folder(lora), str(house / "moved")) == str(house / "moved")


@pytest.mark.parametrize("beside", [".", "..", "../.."])
def test_base_and_tower_are_found_in_and_beside_the_checkpoint(house, tmp_path, beside):
    lora = tmp_path / "a" / "b" / "lora"
    shutil.copytree(house / "runs" / "lora", lora)
    for name in ("base", "clip"):
        shutil.move(house / "models" / name, lora / beside / name)
    folder = read_folder(lora)
    assert find_base(folder, None) == str((lora / beside / "base").resolve())
    assert find_tower(folder, None) == str((lora / beside / "clip").resolve())


def test_absolute_notes_of_before_still_hold_and_nothing_is_guessed_by_a_name(lora_folder, tiny, tmp_path):
    assert find_base(read_folder(lora_folder), None) == str(tiny.base)
    assert find_tower(read_folder(lora_folder), None) == str(tiny.clip)
    for name in ("config.json", "adapter_config.json"):
        text = (lora_folder / name).read_text().replace(str(tiny.root), "/gone")
        (lora_folder / name).write_text(text)
    for name in ("base", "clip"):
        shutil.copytree(tiny.root / name, tmp_path / name)
    with pytest.raises(InputError, match="names /gone/base as its base model"):
        find_base(read_folder(lora_folder), None)
    with pytest.raises(InputError, match="trained with the vision tower /gone/clip, which is not here"):
        find_tower(read_folder(lora_folder), None)


def test_hub_names_and_registered_names_stay_what_they_are(lora_folder):
    change(lora_folder / "config.json", emollm_base="lmsys/vicuna-7b-v1.5", mm_vision_tower="openai/clip-vit-large-patch14")
    finish(lora_folder)
    config = json.loads((lora_folder / "config.json").read_text())
    assert config["emollm_base"] == "lmsys/vicuna-7b-v1.5" and "emollm_tower" not in config
    assert find_tower(read_folder(lora_folder), None) == "openai/clip-vit-large-patch14"
    assert find_tower(read_folder(lora_folder), "efficientnet_lite0") == "efficientnet_lite0"


def test_a_tower_that_moved_is_named_with_the_option_which_every_command_takes(house, tiny, tmp_path, asked_picture):
    moved = tmp_path / "far" / "away"
    moved.parent.mkdir()
    (house / "models" / "clip").rename(moved)
    words = ["ask", str(house / "runs" / "lora"), str(asked_picture)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2 and done.stderr.splitlines()[-1].count("--vision-tower") == 1
    assert "train again" not in done.output
    done = CliRunner().invoke(main, [*words, "--vision-tower", str(moved)])
    assert done.exit_code == 0, done.output
    out = tmp_path / "merged"
    done = CliRunner().invoke(main, ["merge", words[1], "--out", str(out), "--vision-tower", str(moved)])
    assert done.exit_code == 0, done.output
    merged = json.loads((out / "config.json").read_text())
    assert (merged["emollm_base"], merged["emollm_tower"]) == ("../house/models/base", "../far/away")


@pytest.fixture
def asked_picture(tiny):
    return tiny.data / "images" / "0.png"


def test_what_was_downloaded_and_lacks_files_is_to_be_copied_again(house, tiny):
    lora = house / "runs" / "lora"
    (house / "models" / "clip" / "model.safetensors").unlink()
    with pytest.raises(InputError, match="vision tower .*: no weights .*; copy the whole model folder again"):
        load(lora)
    shutil.copy(tiny.clip / "model.safetensors", house / "models" / "clip")
    (house / "models" / "base" / "model.safetensors").unlink()
    with pytest.raises(InputError, match="base is a language model without eyes that is not whole: no weights") as error:
        load(lora)
    assert "copy or download" in str(error.value) and "train again" not in str(error.value)


def test_everybody_whom_the_umask_lets_may_read_what_merge_writes(house, tmp_path):
    before = os.umask(0o027)
    try:
        done = CliRunner().invoke(main, ["merge", str(house / "runs" / "lora"), "--out", str(tmp_path / "merged")])
    finally:
        os.umask(before)
    assert done.exit_code == 0, done.output
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "merged").iterdir()} == {"0o640"}


TUNINGS = {"lora": {"lora_enable": True, "lora_r": 4}, "projector": {"tune_mm_mlp_adapter": True}, "full": {}}


@pytest.mark.parametrize("tuning", TUNINGS.values(), ids=TUNINGS)
def test_a_training_leaves_no_path_of_its_base_and_can_be_moved(tuning, tiny, train_arguments, tmp_path, monkeypatch):
    from emollm_plugin.__main__ import main as run

    house = tmp_path / "house"
    shutil.copytree(tiny.base, house / "base")
    out = house / "runs" / "llava-out"
    given = {"model_name_or_path": house / "base", "output_dir": out, "max_steps": 2, "save_strategy": "steps", "save_steps": 2}
    assert run(["llava.train.train", *train_arguments(**given, **tuning)]) == 0
    for file in [each for each in out.rglob("*") if each.suffix in (".json", ".md")]:
        assert str(house / "base") not in file.read_text(), file
    house.rename(tmp_path / "moved")
    for folder in (tmp_path / "moved" / "runs" / "llava-out", tmp_path / "moved" / "runs" / "llava-out" / "checkpoint-2"):
        if tuning:
            assert find_base(read_folder(folder), None) == str(tmp_path / "moved" / "base")
        assert load(folder).answer([None], ["joy?"])
        assert {file.stat().st_mode & 0o777 for file in folder.glob("*.safetensors")} <= {0o644}


def test_note_training_takes_what_it_is_given(tiny):
    from types import SimpleNamespace

    config = SimpleNamespace(mm_projector_type="mlp2x_gelu")
    note_training(config, template="emoprompt", base="lmsys/vicuna-7b-v1.5")
    assert config.emollm_base == "lmsys/vicuna-7b-v1.5"
