"""Settings that cannot be used are named before anything is prepared, in one line."""

import json

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import checks
from emollm_plugin.recipes.base import check_base, goes_on
from emollm_plugin.recipes.defaults import with_defaults
from emollm_plugin.recipes.recipe import ROOT
from emollm_plugin.recipes.run import prepare

from .conftest import read

REFUSED = [
    ("TUNE", "some", "qlora"),
    ("ZERO", "5", "3_offload"),
    ("CHECKPOINTING", "yes", "0 or 1"),
    ("SEED", "abc", "number"),
    ("EPOCHS", "0", "trains nothing"),
    ("EPOCHS", "two", "number"),
    ("BATCH", "0", "from 1"),
    ("MAX_STEPS", "-2", "-1"),
    ("GLOBAL_BATCH", "a[0]", "from 1"),
    ("LEARNING_RATE", "1e", "number"),
    ("LEARNING_RATE", "-1", "must be a number above zero"),
    ("PROJECTOR_LR", "0", "must be a number above zero"),
    ("EPOCHS", "-1", "is not a number from 0"),
    ("DATA_PATH", "/", "no file"),
    ("IMAGE_FOLDER", str(ROOT / "setup.cfg"), "no folder"),
    ("RUN_DIR", str(ROOT / "setup.cfg/run"), "no folder"),
    ("HOSTFILE", "/", "not exist"),
    ("FORM", "free", "guided"),
    ("RATIONALE", "some", "mixed"),
    ("ALIGN", "x", "from 0"),
    ("ALIGN_RESIDUAL", "1.5", "from 0 to 1"),
    ("ALIGN_RESIDUAL", "-0.2", "from 0 to 1"),
    ("BESIDE", "1.5", "from 0 to 1"),
    ("VIDEOS", "some", "storyboards, clips"),
    ("AUDIO_LAYER", "2", "without ears; name an AUDIO_TOWER"),
    ("SOUND", "1", "give VIDEOS=clips"),
    ("PRETRAIN_PROJECTOR", "/none", "no file"),
    ("BASE_MODEL", "/none", "no folder"),
    ("LORA_R", "4", "TUNE=lora"),
    ("QUESTIONS", "/none", "no file"),
]


@pytest.fixture
def own(tmp_path):
    """Settings of a run on data of one's own, as far as checks read them."""
    (tmp_path / "train.json").write_text("[]")
    return {"DATA_PATH": tmp_path / "train.json", "DEVICE": "cpu", "TUNE": "full", "BASE_MODEL": "own/model"}


@pytest.mark.parametrize(("key", "value", "said"), REFUSED, ids=lambda value: str(value)[:16])
def test_settings_that_cannot_be_used_end_with_one_line(own, key, value, said):
    with pytest.raises(InputError) as caught:
        prepare(read(**{**own, key: value}), dry=True)
    line = str(caught.value)
    assert line.startswith(f"{key}={value}") and said in line and "\n" not in line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"DATASET": "oasis"}, "no DATA_ROOT is given; .*needs DATA_ROOT"),
        ({"DATASET": "oasis", "DATA_ROOT": "/nowhere"}, "^DATA_ROOT=/nowhere is no folder; .*emobench_data sources"),
        ({"ALIGN": 300, "PRETRAIN_PROJECTOR": "p.bin"}, "give one"),
        ({"DATA_PATH": "$OWN", "FORM": "guided"}, "are for a DATASET"),
        ({"DATA_PATH": "$OWN", "QUESTIONS": "$OWN"}, "both are needed"),
        ({"NODES": 2, "NODE_RANK": 0}, "needs a number and MASTER_ADDR"),
        ({"NODES": 2, "NODE_RANK": 2, "MASTER_ADDR": "a"}, r"NODE_RANK=2 is not in 0\.\.1"),
        ({"NODES": 2, "MASTER_ADDR": "a"}, r"NODE_RANK= is not in 0\.\.1"),
        ({"NODES": 2, "NODE_RANK": 0, "MASTER_ADDR": "a", "ALIGN": 300}, "ALIGN=300 is for one machine"),
        ({"NODES": 2, "HOSTFILE": "$OWN"}, "two ways"),
        ({"HOSTFILE": "$OWN"}, "lists no machine"),
        ({"NODES": 3, "NODE_RANK": 0, "MASTER_ADDR": "a", "GLOBAL_BATCH": 8}, "multiple of the ranks, 3; give 6 or 9"),
        ({"BATCH": 8, "GPUS": 3, "GLOBAL_BATCH": 32}, "BATCH x ranks on all machines = 8 x 3"),
        ({"SAVE_STEPS": 8, "SAVE_MINUTES": 8}, "SAVE_STEPS=8 and SAVE_MINUTES=8 say the same; give one"),
        ({"EVAL_STEPS": 8}, "EVAL_STEPS=8 is for EVAL_STRATEGY=steps"),
        ({"DATA_PATH": "$OWN", "EVAL_STRATEGY": "epoch"}, "needs EVAL_DATA beside DATA_PATH"),
        ({"DATA_PATH": "$OWN", "EVAL_DATA": "$OWN"}, "now EVAL_STRATEGY=no"),
        ({"DATA_PATH": "$OWN", "RESUME": "/none"}, "RESUME=/none is no complete checkpoint"),
        ({"REPORT_TO": "none,tensorboard"}, "none stands alone"),
        ({"REPORT_TO": "trackio", "STACK": "classic"}, "transformers 4.37 does not know it"),
        ({"REPORT_TO": "wandb", "STACK": "current"}, "the package wandb is not installed; `pip install wandb`"),
        ({"LORA_TARGETS": "q_proj", "TUNE": "full"}, "LORA_TARGETS=q_proj is for TUNE=lora"),
        ({"LAUNCHER": "torchrun", "HOSTFILE": "$OWN"}, "is DeepSpeed's; with LAUNCHER=torchrun give NODES"),
        ({"LAUNCHER": "srun", "NODE_RANK": 1}, "NODE_RANK=1 is for a command on each machine"),
        ({"LORA_ALPHA": 8, "TUNE": "projector"}, "LORA_ALPHA=8 is for TUNE=lora"),
        ({"EVALUATOR": "model_vqa_loader", "VIDEOS": "clips"}, "VIDEOS=clips needs EVALUATOR=emollm"),
        ({"EVALUATOR": "model_vqa_loader", "NUMBERS": "expectation"}, "NUMBERS=expectation needs EVALUATOR=emollm"),
    ],
)
def test_settings_that_do_not_go_together(own, settings, said, monkeypatch):
    settings = {key: own["DATA_PATH"] if value == "$OWN" else value for key, value in settings.items()}
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=said):
        prepare(read(DEVICE="cpu", **settings), dry=True)


def test_a_missing_base_model_is_named_before_the_gpu_that_is_missing_too(own, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(InputError, match="^BASE_MODEL=./gone is no folder"):
        prepare(read(**{**own, "BASE_MODEL": "./gone", "DEVICE": "auto"}))


def folder(path, **files):
    path.mkdir()
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(json.dumps(content))
    return path


def test_a_base_that_is_an_adapter_says_what_it_is_and_what_to_do(tmp_path):
    adapter = folder(
        tmp_path / "a",
        config__json={"model_type": "llava_llama"},
        adapter_config__json={},
        adapter_model__bin={},
        non_lora_trainables__bin={},
    )
    with pytest.raises(InputError, match=f"BASE_MODEL={adapter} is a LoRA adapter .*emollm merge {adapter} --out OUT"):
        check_base(read(BASE_MODEL=adapter))


@pytest.mark.parametrize("given", [{"PRETRAIN_PROJECTOR": "p.bin"}, {"ALIGN": 300}])
def test_a_llava_checkpoint_as_base_takes_no_other_projector(tmp_path, given):
    config = {"mm_vision_tower": "x", "model_type": "llava_llama"}
    whole = folder(tmp_path / "llava", config__json=config, pytorch_model__bin={})
    assert check_base(read(BASE_MODEL=whole)) is True
    with pytest.raises(InputError, match=f"is a LLaVA checkpoint, .*; leave {next(iter(given))} out"):
        check_base(read(BASE_MODEL=whole, **given))


@pytest.mark.parametrize(
    ("had", "given", "fits"),
    [
        (("openai/clip", -2), {}, False),
        (("openai/clip", -2), {"VISION_TOWER": "somewhere/clip-336"}, True),
        (("efficientnet_lite0", -3), {}, True),
        (("efficientnet_lite0", -7), {}, False),
        (("efficientnet_lite1", -3), {}, False),
        (("efficientnet_lite0", -3), {"VISION_TOWER": "somewhere/clip-336"}, False),
    ],
)
def test_a_projector_is_gone_on_from_only_where_it_fits_the_tower(tmp_path, capsys, had, given, fits):
    config = {"mm_vision_tower": had[0], "mm_vision_select_layer": had[1], "model_type": "llava_llama"}
    whole = folder(tmp_path / "llava", config__json=config, pytorch_model__bin={})
    recipe = with_defaults(read(BASE_MODEL=whole, **given), seeing_base=True)
    assert goes_on(recipe) is fits
    assert (f"VISION_TOWER={had[0]} SELECT_LAYER={had[1]}" in "".join(capsys.readouterr())) is not fits


def test_a_plain_language_model_as_base(tmp_path):
    plain = folder(tmp_path / "llm", config__json={"model_type": "llama"}, pytorch_model__bin={})
    assert check_base(read(BASE_MODEL=plain, ALIGN=300)) is False and check_base(read()) is False
    assert check_base(read(BASE_MODEL="nobody/nothing")) is False
