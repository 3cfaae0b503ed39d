"""`emollm plan` on the tiny models: what it prints, what fits, and what it refuses."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.planning.fit import CARDS, changed, fits, go_together, others, usable

from .conftest import setting


@pytest.fixture
def plan(tiny):
    def run(*words):
        models = [f"base_model={tiny.base}", f"vision_tower={tiny.clip}", f"data_path={tiny.data / 'train.json'}"]
        return CliRunner().invoke(main, ["plan", *models, "max_length=256", *words])

    return run


@pytest.mark.current_stack
def test_the_plan_of_a_recipe(plan):
    done = plan("--json", "--tflops", "1", "--text", "20", "batch=2", "gpus=2", "global_batch=8", "zero=3")
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert made["setting"]["longest"] == 256 and made["setting"]["usual"] == 24 and made["visual_tokens"] == 4
    assert (made["samples"], made["steps"]) == (16, 2) and made["hours"] > 0
    combinations = {(one["tune"], one["zero"]) for one in made["modes"]}
    assert len(combinations) == 14 and ("qlora", "3") not in combinations
    own = next(one for one in made["modes"] if (one["tune"], one["zero"]) == ("lora", "3"))
    assert own["total"] == made["memory"]["total"]
    assert [card["fits"] for card in made["cards"]] == [True] * len(CARDS)
    shown = plan("--samples", "9").stdout
    for words in ("language model", "3_offload", "141 GB  yes", "2 steps for 9 samples; for hours give --tflops"):
        assert words in shown


def test_a_picture_that_leaves_no_room_for_text(plan):
    done = plan("max_length=4")
    assert done.exit_code == 2 and "4 visual tokens leave no room for text in 4" in done.output
    assert done.output.count("error: ") == 1
    assert "--length 257 is above MAX_LENGTH=256" in plan("--length", "257").output


def test_what_would_fit_changes_what_is_learned_last():
    full = setting(batch=4, zero="2")
    order = list(others(full))
    assert order[0] == full and order[1] == replace(full, batch=2)
    assert [one.tune for one in order] == sorted((one.tune for one in order), key=["full", "lora", "qlora", "projector"].index)
    assert all(go_together(one.tune, one.zero) for one in order)
    needs = {4: usable(48), 2: usable(24) + 1, 1: usable(24)}
    lines = fits(full, lambda one: needs[one.batch])
    assert [(line["gb"], line["fits"], line["instead"]) for line in lines[:3]] == [
        (24, False, "batch=1"),
        (40, False, "batch=2"),
        (48, True, None),
    ]
    assert fits(full, lambda one: 10**15)[0]["instead"] is None
    assert changed(full, replace(full, checkpointing=True, tune="lora")) == "checkpointing=1 tune=lora"
