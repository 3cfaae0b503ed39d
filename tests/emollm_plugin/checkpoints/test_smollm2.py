"""The converted base model is one folder that both stacks read."""

import json
import shutil

import pytest

from emollm_plugin.checkpoints.smollm2 import _write_older_form

pytestmark = pytest.mark.host


def test_the_form_that_both_stacks_read_changes_neither_tokens_nor_the_rotary_base(tiny, tmp_path):
    from transformers import AutoTokenizer

    folder = shutil.copytree(tiny.base, tmp_path / "base")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}}))
    _write_older_form(folder)
    assert json.loads((folder / "config.json").read_text())["rope_theta"] == 7.0
    assert "rope_parameters" not in (folder / "config.json").read_text()
    merges = json.loads((folder / "tokenizer.json").read_text())["model"]["merges"]
    assert merges and all(isinstance(pair, str) for pair in merges)
    again = AutoTokenizer.from_pretrained(folder, use_fast=False)
    text = "<|im_start|>user\nWhich emotion does this image show?<|im_end|>"
    assert again(text).input_ids == tiny.tokenizer(text).input_ids
    assert again.eos_token == tiny.tokenizer.eos_token
