"""What follows from what: each case was one of the launcher's in bash, and held there."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.quality.arms import ARMS, HEADLINE, layer_of
from benchmarks.quality.data import CONTROL
from emobench_data.io.errors import InputError
from emollm_plugin.recipes import defaults
from emollm_plugin.recipes.defaults import run_name, with_batch, with_defaults, with_rates

from .conftest import filled, read

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, ("lora", 5e-4, 1e-3, 1)),
        ({"DATASET": "fer2013"}, ("lora", 2e-3, 2e-5, 0.2)),
        ({"DATASET": "fer2013", "ALIGN_RESIDUAL": "0.5", "PROJECTOR_LR": "3e-4"}, ("lora", 2e-3, 3e-4, 0.5)),
        ({"DATASET": "fer2013", "ALIGN": "0"}, ("lora", 5e-4, 1e-3, 1)),
        ({"DATASET": "fer2013", "BASE_MODEL": "own"}, ("lora", 2e-4, 2e-5, 1)),
        ({"DATA_PATH": "own.json", "BASE_MODEL": "own"}, ("lora", 2e-4, 1e-3, 1)),
        ({"DATA_PATH": "own.json", "BASE_MODEL": "own", "TUNE": "full"}, ("full", 2e-5, 1e-3, 1)),
        ({"DATA_PATH": "own.json", "BASE_MODEL": "own", "PRETRAIN_PROJECTOR": "p"}, ("lora", 2e-4, 2e-5, 1)),
        ({"DATA_PATH": "own.json", "BASE_MODEL": "own", "ALIGN": "300", "TUNE": "full"}, ("full", 2e-5, 2e-5, 1)),
        ({"DATASET": "oasis"}, ("projector", 1e-3, 1e-3, 1)),
        ({"DATASET": "oasis", "TUNE": "qlora"}, ("qlora", 2e-3, 2e-5, 0.2)),
        ({"DATA_PATH": "own.json"}, ("lora", 5e-4, 1e-3, 1)),
        ({"DATA_PATH": "own.json", "ALIGN": "150"}, ("lora", 2e-3, 2e-5, 0.2)),
        ({"TUNE": "full"}, ("full", 1e-4, 2e-4, 1)),
        ({"TUNE": "projector", "PROJECTOR_LR": "3e-4"}, ("projector", 3e-4, 3e-4, 1)),
    ],
)
def test_rates_follow_from_what_is_tuned_and_on_what(settings, wanted):
    recipe = filled(**settings)
    assert (recipe.tune, recipe.learning_rate, recipe.projector_lr, recipe.align_residual) == wanted


def test_rates_are_those_of_a_fresh_projector_where_there_was_nothing_to_align():
    recipe = with_rates(replace(with_defaults(read(DATASET="hateful_memes")), align=0))
    assert (recipe.align, recipe.learning_rate, recipe.projector_lr) == (0, 5e-4, 1e-3)


def test_a_llava_checkpoint_as_base_is_gone_on_from():
    asked = read(BASE_MODEL="own", DATASET="fer2013")
    recipe = with_rates(with_defaults(asked, seeing_base=True), begun=True)
    assert (recipe.align, recipe.learning_rate, recipe.projector_lr) == (0, 2e-4, 2e-5)
    recipe = with_rates(with_defaults(asked, seeing_base=True))
    assert (recipe.align, recipe.learning_rate, recipe.projector_lr) == (0, 2e-4, 1e-3), "its tower does not fit"


@pytest.mark.parametrize("tower", ["efficientnet_lite0", "efficientnet_lite1"])
def test_the_comparison_trains_as_the_launcher_does(tower):
    for (data, _), name in HEADLINE.items():
        if data == CONTROL:  # no data set of the launcher's
            continue
        arm, recipe = ARMS[name], filled(DATASET=data, VISION_TOWER=tower)
        wanted = [arm.lora or arm.rate, arm.rate, arm.beside, layer_of(arm, tower), arm.alignment]
        given = [recipe.learning_rate, recipe.projector_lr, recipe.align_residual, recipe.select_layer, recipe.align]
        assert given == wanted and recipe.projector == arm.projector
        assert recipe.tune == ("lora" if arm.lora else "projector")


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, (300, "multiperspective:tokens=4", -3, (0, 30))),
        ({"VISION_TOWER": "a/clip"}, (300, "multiperspective:tokens=4", -2, (0, 30))),
        ({"DATASET": "fer2013", "BASE_MODEL": "own"}, (300, "multiperspective", -3, (0, 30))),
        ({"DATASET": "emoset", "TUNE": "full"}, (300, "multiperspective", -3, (0, 0))),
        ({"DATASET": "oasis", "NODES": "2"}, (0, "multiperspective:tokens=4", -3, (0, 30))),
        ({"HOSTFILE": "hosts", "SAVE_STEPS": "7"}, (0, "multiperspective:tokens=4", -3, (7, 0))),
        ({"SAVE_MINUTES": "7.5", "TUNE": "full"}, (300, "multiperspective:tokens=4", -3, (0, 7.5))),
        ({"SAVE_STEPS": "0"}, (300, "multiperspective:tokens=4", -3, (0, 0))),
        ({"DATASET": "fer2013"}, (300, "multiperspective:tokens=4", -7, (0, 30))),
        ({"DATASET": "fer2013", "VISION_TOWER": "a/clip"}, (300, "multiperspective:tokens=4", -2, (0, 30))),
        ({"DATASET": "fer2013", "SELECT_LAYER": "-5"}, (300, "multiperspective:tokens=4", -5, (0, 30))),
        ({"DATASET": "oasis", "PRETRAIN_PROJECTOR": "p"}, (0, "multiperspective:tokens=4", -3, (0, 30))),
        ({"DATASET": "oasis", "ALIGN": "0"}, (0, "multiperspective:tokens=4", -3, (0, 30))),
        ({"PRETRAIN_PROJECTOR": "p", "PROJECTOR": "linear"}, (0, "linear", -3, (0, 30))),
    ],
)
def test_what_else_follows(settings, wanted):
    recipe = with_defaults(read(**settings))
    saves = (recipe.save_steps, recipe.save_minutes)
    assert (recipe.align, recipe.projector, recipe.select_layer, saves) == wanted


@pytest.mark.parametrize(
    ("batch", "world", "asked", "taken"),
    [(8, 1, None, 8), (8, 2, None, 16), (8, 3, None, 24), (4, 1, None, 8), (3, 1, None, 9), (1, 8, None, 8), (2, 2, 8, 8)],
)
def test_the_global_batch_is_the_smallest_that_the_ranks_can_share(batch, world, asked, taken):
    recipe = replace(with_defaults(read()), batch=batch, global_batch=asked)
    assert with_batch(recipe, world).global_batch == taken


@pytest.mark.parametrize(("world", "batch", "steps"), [(1, 8, 16), (2, 8, 8), (8, 8, 2), (16, 8, 1), (32, 4, 1), (128, 1, 1)])
def test_a_global_batch_is_cut_by_the_number_of_gpus(world, batch, steps):
    recipe = filled(world, GLOBAL_BATCH=128)
    assert (recipe.batch, recipe.global_batch // recipe.batch // world) == (batch, steps)


def test_ranks_that_cannot_share_a_global_batch():
    with pytest.raises(InputError, match=r"^GLOBAL_BATCH=128 is not a multiple of the ranks, 3; give 126 or 129$"):
        filled(3, GLOBAL_BATCH=128)


def test_only_a_global_batch_that_was_asked_for_is_refused():
    with pytest.raises(InputError, match=r"GLOBAL_BATCH=6 is not a multiple of BATCH x ranks .* 4 x 1"):
        with_batch(replace(with_defaults(read()), batch=4, global_batch=6), 1)


@pytest.mark.parametrize(
    ("given", "rank", "alpha"), [({}, 16, 32), ({"LORA_R": "64"}, 64, 128), ({"LORA_R": "64", "LORA_ALPHA": "16"}, 64, 16)]
)
def test_the_adapters_scale_follows_from_its_rank(given, rank, alpha):
    recipe = with_defaults(read(**given))
    assert (recipe.lora_r, recipe.lora_alpha) == (rank, alpha)


def test_a_cpu_trains_in_float32_unless_it_is_told_otherwise(monkeypatch):
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)
    assert defaults.default_precision("cpu") == "fp32" and defaults.default_precision("cuda") == "bf16"
    monkeypatch.setenv("EMOLLM_CPU_DTYPE", "bfloat16")
    assert defaults.default_precision("cpu") == "bf16"
    monkeypatch.setenv("EMOLLM_CPU_DTYPE", "float32")
    assert defaults.default_precision("cuda") == "bf16"


def test_run_folders_differ_by_data_model_and_mode():
    settings = [
        {},
        {"SEED": 1},
        {"DATASET": "oasis"},
        {"TUNE": "full"},
        {"MINI_TRAIN": 24},
        {"FORM": "guided"},
        {"VIDEOS": "clips"},
        {"BASE_MODEL": "lmsys/vicuna-7b-v1.5"},
        {"BASE_MODEL": "a/b/vicuna-13b"},
        {"VISION_TOWER": "openai/clip"},
        {"DATA_PATH": "a/train.json"},
        {"DATA_PATH": "b/train.json"},
        {"DATA_PATH": "b/train.json", "TUNE": "qlora"},
        {"STACK": "classic"},
    ]
    names = [run_name(read(**one)) for one in settings]
    assert len(set(names)) == len(names)
    assert names[:3] == ["mini-seed0", "mini-seed1", "oasis-seed0"] and "b-train-qlora-seed0" in names
    assert run_name(read(TUNE="lora")) == "mini-seed0" and run_name(read(DATASET="oasis", TUNE="projector")) == "oasis-seed0"


def test_recipes_load_no_torch():
    code = "import sys, emollm_plugin.recipes; sys.exit(bool({'torch', 'transformers', 'deepspeed'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
