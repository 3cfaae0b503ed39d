"""The loss on records that are not trained on: logged, and without a trace in what is trained."""

import json

import pytest

from ...conftest import STACK
from ..trainings import finish, same, weights

pytestmark = pytest.mark.host
STRATEGY = "eval_strategy" if STACK == "current" else "evaluation_strategy"


def test_the_loss_on_held_out_records_is_logged_and_changes_no_weight(train_arguments, tiny, tmp_path):
    how = {"lora_enable": True, "max_steps": 4, "logging_steps": 1, "lora_dropout": 0.5}
    plain = finish(train_arguments(output_dir=tmp_path / "llava-lora", **how), out=tmp_path / "llava-lora")
    held_out = tmp_path / "held-out.json"
    held_out.write_text(json.dumps(json.loads((tiny.data / "train.json").read_text())[:5]))
    seen = {STRATEGY: "steps", "eval_steps": 2, "eval_data_path": held_out, "per_device_eval_batch_size": 2}
    looked = finish(train_arguments(output_dir=tmp_path / "llava-lora-2", **how, **seen), out=tmp_path / "llava-lora-2")
    history = json.loads((looked.out / "trainer_state.json").read_text())["log_history"]
    losses = [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]
    assert [step for step, _ in losses] == [2, 4] and all(0 < loss < 10 for _, loss in losses)
    assert looked.curve() == plain.curve() and same(weights(looked.out), weights(plain.out))


@pytest.mark.parametrize(("given", "said"), [({"eval_data_path": "x"}, "no with"), ({STRATEGY: "epoch"}, "epoch with")])
def test_a_file_without_a_strategy_and_the_other_way_round(train_arguments, monkeypatch, capsys, given, said):
    from emollm_plugin.__main__ import main

    assert main(["llava.train.train", *train_arguments(**given)]) == 2
    assert f"--eval_strategy {said}" in capsys.readouterr().err
