"""Training from kept features: the same curve as without, and the second run encodes nothing."""

import json
import re

import pytest

from emollm_plugin.training.records import pictures_of

pytestmark = pytest.mark.host


def test_a_run_that_finds_its_pictures_encoded_has_the_same_curve(train_arguments, host, tmp_path, caplog):
    caplog.set_level("INFO")
    curves = {}
    for name in ("plain", "first", "second"):
        kept = None if name == "plain" else tmp_path / "kept"
        out = tmp_path / f"llava-{name}"
        assert host("llava.train.train", *train_arguments(output_dir=out, mm_feature_cache=kept, bf16=False)) == 0
        history = json.loads((out / "trainer_state.json").read_text())["log_history"]
        curves[name] = [entry["loss"] for entry in history if "loss" in entry]
    assert (
        len(curves["plain"]) == 6
        and curves["plain"] == pytest.approx(curves["first"], rel=1e-4)
        and curves["first"] == curves["second"]
    )
    told = re.findall(r"feature cache .*: ([\d.]+) % of (\d+) pictures came from it", caplog.text)
    assert len(told) == 2 and float(told[0][0]) < 100 and told[1][0] == "100.0"


def test_pictures_are_counted_once_and_clips_by_their_frames():
    records = [{"image": "a"}, {"image": "a"}, {"image": "b"}, {"video": "c"}, {}]
    assert pictures_of(records, frames=8) == 10
