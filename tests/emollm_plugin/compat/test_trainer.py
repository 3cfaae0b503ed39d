"""LLaVA's trainer on the installed transformers: a run that was stopped goes on where it stood."""

import json
import shutil

import pytest

pytestmark = pytest.mark.host


def curve(folder):
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return [entry["loss"] for entry in history if "loss" in entry]


def test_a_resumed_run_ends_with_the_curve_of_one_that_was_not_stopped(train_arguments, tmp_path):
    from emollm_plugin.__main__ import main

    out = tmp_path / "llava-out"
    # A batch holds all the data, so that its order plays no part.
    arguments = train_arguments(max_steps=4, per_device_train_batch_size=16, save_strategy="steps", save_steps=2, bf16=False)
    assert main(["llava.train.train", *arguments]) == 0
    whole = curve(out)
    shutil.rmtree(out / "checkpoint-4")
    (out / "trainer_state.json").unlink()
    assert main(["llava.train.train", *arguments]) == 0
    assert len(whole) == 4 and curve(out) == pytest.approx(whole, abs=1e-4)
