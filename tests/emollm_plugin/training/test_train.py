"""The real LLaVA training code under DeepSpeed, and its evaluation script, on tiny random models."""

import json

import pytest
import torch
from safetensors.torch import load_file

from emollm_plugin.recipes.devices import Devices
from emollm_plugin.recipes.launchers import start_words
from emollm_plugin.recipes.layers import read_recipe
from emollm_plugin.recipes.recipe import DEEPSPEED
from tests.conftest import STACK

from ..trainings import finish, free_port, launched, same, weights

pytestmark = pytest.mark.host

ZERO2 = DEEPSPEED / "zero2.json"


def deepspeed(arguments, log):
    """The exit code of DeepSpeed's launcher, as the recipes start it."""
    one = Devices("cpu", "fp32", ("0",), 1)
    launcher = start_words(read_recipe({}), one, port=free_port())[1:]
    return launched([*launcher, "emollm_plugin", "llava.train.train", "--deepspeed", ZERO2, *arguments], log)


def projector_of(folder):
    weights = load_file(folder / "model.safetensors")
    return {key.split("mm_projector.")[1]: value for key, value in weights.items() if "mm_projector." in key}


def losses(folder):
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return [entry["loss"] for entry in history if "loss" in entry]


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """A checkpoint of forty DeepSpeed steps through the launcher's own door."""
    out = tmp_path_factory.mktemp("trained") / "llava-tiny"
    arguments = {
        "model_name_or_path": tiny.base,
        "version": "emoprompt_chatml",
        "data_path": tiny.data / "train.json",
        "image_folder": tiny.data / "images",
        "vision_tower": tiny.clip,
        "mm_vision_select_layer": -2,
        "mm_projector_type": "multiperspective:slots=2,width=16",
        "mm_use_im_patch_token": False,
        "bf16": True,
        "use_cpu": True,
        "output_dir": out,
        "max_steps": 40,
        "per_device_train_batch_size": 8,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "save_strategy": "no",
        "model_max_length": 256,
        "lazy_preprocess": True,
        "report_to": "none",
        "seed": 0,
    }
    log = out.with_name("launch.log")
    code = deepspeed([part for key, value in arguments.items() for part in (f"--{key}", str(value))], log)
    assert code == 0, log.read_text()[-3000:]
    return out


def test_training_learns_through_labels_that_are_not_all_masked(trained):
    curve = losses(trained)
    assert len(curve) == 40
    assert curve[0] > 3 and curve[-1] < 0.5


def test_speed_memory_and_openings_are_logged_beside_each_loss(trained):
    history = json.loads((trained / "trainer_state.json").read_text())["log_history"]
    logged = [entry for entry in history if "loss" in entry]
    for entry in logged:
        assert entry["samples_per_second"] > 0 and entry["answer_tokens_per_second"] >= entry["samples_per_second"]
        assert entry["peak_memory_gb"] > 0 and 0 <= entry.get("waiting_for_data", 0) <= 1
    assert ("waiting_for_data" in logged[-1]) == (STACK == "current")
    assert logged[-1]["opening_objects"] > logged[0]["opening_objects"] > 0


def test_the_projector_was_trained_and_saved(trained, tiny):
    weights = projector_of(trained)
    values = {key: value for key, value in weights.items() if "to_value" in key}
    assert len(values) == 8
    for key, value in values.items():
        assert value.abs().max() > 0, f"{key} still has its starting value"
    config = json.loads((trained / "config.json").read_text())
    written = "multiperspective:perspectives=objects+relations+atmosphere+layout,slots=2,width=16,frames=8"
    assert config["mm_projector_type"] == written, "in full, so that no later default changes it"
    assert config["emollm_clips"] is False, "it knows pictures only"
    assert config["emollm_template"] == "emoprompt_chatml"
    assert (trained / config["emollm_base"]).resolve() == tiny.base.resolve()


def test_the_same_seed_gives_the_same_curve_and_weights(trained, tiny, tmp_path, train_arguments):
    again = tmp_path / "llava-again"
    finish(train_arguments(output_dir=again, max_steps=40, per_device_train_batch_size=8), out=again, zero="2")
    assert losses(again) == losses(trained)
    assert same(weights(again), weights(trained))


def test_llavas_own_evaluation_script_answers_every_question(trained, tiny, tmp_path, host):
    answers = tmp_path / "answers.jsonl"
    asked = ["--question-file", tiny.data / "questions.jsonl", "--image-folder", tiny.data / "images"]
    how = ["--conv-mode", "emoprompt_chatml", "--temperature", "0", "--max_new_tokens", "8", "--answers-file", answers]
    assert host("llava.eval.model_vqa_loader", "--model-path", trained, *asked, *how) == 0
    given = [json.loads(line) for line in answers.read_text().splitlines()]
    asked = [json.loads(line) for line in (tiny.data / "questions.jsonl").read_text().splitlines()]
    assert [answer["question_id"] for answer in given] == [question["question_id"] for question in asked]
    assert {answer["text"] for answer in given} <= {"joy", "sadness"}, "the trained answers, nothing else"


def test_bad_input_under_the_launcher_ends_with_code_2_and_one_line(train_arguments, tmp_path):
    log = tmp_path / "launch.log"
    assert deepspeed(train_arguments(mm_projector_type="multiperspektive"), log) == 2
    assert sum(line.startswith("error: ") for line in log.read_text().splitlines()) == 1
    assert not (tmp_path / "llava-out").exists()


def test_projector_only_tuning_writes_a_projector_that_starts_the_next_run(train_arguments, tmp_path):
    first, out = tmp_path / "llava-projector", tmp_path / "llava-next"
    finish(train_arguments(output_dir=first, tune_mm_mlp_adapter=True), out=first, zero="2")
    saved = torch.load(first / "mm_projector.bin", weights_only=True)
    assert not (first / "model.safetensors").exists()
    still = {"learning_rate": 0, "max_steps": 1, "output_dir": out}
    finish(train_arguments(pretrain_mm_mlp_adapter=first / "mm_projector.bin", **still), out=out, zero="2")
    for key, value in projector_of(out).items():
        assert torch.equal(saved[f"model.mm_projector.{key}"].bfloat16(), value.bfloat16()), key
