import re
from dataclasses import fields

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes.layers import read_recipe
from emollm_plugin.recipes.recipe import HELP, Recipe
from emollm_plugin.recipes.settings import OTHERS

from .conftest import read

# Names and values as they stand in shells, containers, clusters, continuous integration and desktops.
ORDINARY = """
HOME=/root PATH=/usr/bin PWD=/ OLDPWD=/ SHLVL=1 SHELL=/bin/bash USER=me LOGNAME=me LANG=C.UTF-8 LC_ALL=C TERM=xterm HOST=box
HOSTNAME=box HOSTTYPE=x86_64 MACHTYPE=x86_64 OSTYPE=linux EDITOR=vi MODE=fast MODEL=gpt-4 MODELS_DIR=/m MODEL_PATH=/m
NODE=/usr/bin/node NODE_ENV=production NODE_PATH=/usr/lib NODE_NAME=built-in NODE_VERSION=18.1.0 NODE_OPTIONS=--x
PYTHONPATH=/x PYTHONHASHSEED=0 PYTHON_VERSION=3.11 PYTHONUNBUFFERED=1 VIRTUAL_ENV=/v VENV_PATH=/v CONDA_PREFIX=/c
CUDA_VISIBLE_DEVICES=4,5 CUDA_HOME=/usr/local/cuda NVIDIA_VISIBLE_DEVICES=all GPU_DEVICE_ORDINAL=0 NCCL_DEBUG=INFO
LOCAL_RANK=0 RANK=0 GROUP_RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 ROLE_RANK=0 OMP_NUM_THREADS=2 MKL_NUM_THREADS=2
SLURM_JOB_ID=7 SLURM_NNODES=2 SLURM_NODEID=0 SLURM_GPUS=2 SLURM_SUBMIT_DIR=/s SLURM_NTASKS=2 PBS_NODEFILE=/n
HF_HOME=/h HF_HUB_OFFLINE=1 HF_DATASETS_CACHE=/h TRANSFORMERS_CACHE=/h TOKENIZERS_PARALLELISM=false WANDB_PROJECT=p
XDG_DATA_DIRS=/usr/share XDG_DATA_HOME=/d XDG_SEAT=seat0 GOLANG_VERSION=1 SSH_AUTH_SOCK=/s DISPLAY=:0 SESSION=x DESKTOP=x
CI=true GITHUB_RUN_ID=3 RUN_ID=3 BUILD_ID=3 BATCH_SIZE=32 JOB_NAME=j STAGE=dev TEMPLATE_DIR=/t PRECISION_MODE=x LINES=24
KUBERNETES_PORT=tcp://10.0.0.1:443 MASTER_SERVICE_HOST=10.0.0.1 MASTER_PORT_29500_TCP=tcp://10.0.0.1:29500 DOWNLOAD=/tmp
DEVICE_TYPE=gpu SEEDS_URL=x FORMAT=json DATADIR=/d DATABASE_URL=x DATA=/d TUNER=1 GOLDEN=1 ALIGNMENT=left
"""


def test_ordinary_environments_are_left_alone():
    assert read_recipe(dict(pair.split("=", 1) for pair in ORDINARY.split())) == read_recipe({})


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("EPOCH", "3", "EPOCHS"),
        ("LORA_RANK", "64", "LORA_R"),
        ("LORA_TARGET", "all", "LORA_TARGETS"),
        ("SEEDS", "1", "SEED"),
        ("LEARNINGRATE", "1e-4", "LEARNING_RATE"),
        ("MAX_STEP", "5", "MAX_STEPS"),
        ("GLOBALBATCH", "8", "GLOBAL_BATCH"),
        ("DATAPATH", "x.json", "DATA_PATH"),
        ("BASE_MODELS", "x/y", "BASE_MODEL"),
        ("IMAGES_FOLDER", "x", "IMAGE_FOLDER"),
        ("TUNES", "lora", "TUNE"),
        ("NODE", "2", "NODES"),
        ("QUESTION", "q.jsonl", "QUESTIONS"),
        ("VISION_TOWERS", "clip", "VISION_TOWER"),
    ],
)
def test_a_misspelt_setting_stops_with_the_nearest_name(name, value, meant):
    with pytest.raises(InputError, match=rf"^{name}={re.escape(value)} is no setting; is {meant}\w* meant\?"):
        read(**{name: value})


def test_settings_of_the_other_scripts_are_no_misspelling():
    assert read_recipe(dict.fromkeys(OTHERS, "1")) == read_recipe({})


def test_an_empty_variable_is_one_that_is_not_set():
    assert read_recipe({"ALIGN": "", "DATA_PATH": "", "EPOCHS": ""}) == read_recipe({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EPOCHS", "1e"),
        ("EPOCHS", "nan"),
        ("BATCH", "1_0"),
        ("LORA_R", "0"),
        ("FAULTY_MEDIA", "2"),
        ("TOO_LONG", "keep"),
        ("OVERWRITE", "yes"),
        ("MASTER_PORT", "x"),
        ("NODES", "0"),
        ("PRECISION", "fp16"),
        ("WARMUP", "3"),
        ("REPORT_TO", "tensorboard,"),
        ("REPORT_TO", "board"),
        ("LORA_TARGETS", "q_proj, ,v_proj"),
        ("HOST_ARGUMENTS", "--a 'b"),
        ("SELECT_LAYER", "1/8"),
    ],
)
def test_a_value_of_another_form_is_named(name, value):
    with pytest.raises(InputError, match=f"^{name}={value} is "):
        read(**{name: value})


def test_help_and_recipe_name_the_same_settings():
    said = HELP.read_text()
    begins = [line[:56] for line in said.splitlines() if re.match("  [A-Z]", line)]
    listed = {name for begin in begins for name in re.findall("[A-Z][A-Z_]+", begin)}
    ours = {one.name.upper() for one in fields(Recipe)}
    assert ours <= set(re.findall("[A-Z][A-Z_]+", said))
    # What stands at the beginning of a line is a setting, but for words of its meaning.
    assert {name for name in listed - ours if "_" in name} == set() and {"VENV", "PYTHON"} <= listed
