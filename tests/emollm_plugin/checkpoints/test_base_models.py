"""The converted base model is one folder that both stacks read."""

import json
import os
import shutil

import pytest

from emollm_plugin.checkpoints.base_models import _write_older_form, convert_smollm2
from emollm_plugin.compat.config import before_5

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


def test_what_a_process_of_the_same_number_converts_at_that_time_stays_its_own(tiny, tmp_path, monkeypatch):
    """Containers on one share count their processes alike. The tiny model stands for what the GGUF file holds."""
    if before_5():
        pytest.skip("transformers 4 does not convert")
    from transformers import AutoTokenizer, LlamaForCausalLM

    for cls in (LlamaForCausalLM, AutoTokenizer):
        read = cls.from_pretrained(tiny.base)
        monkeypatch.setattr(cls, "from_pretrained", lambda *_, read=read, **__: read)
    theirs = tmp_path / "out.partial-7" / "weights"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    monkeypatch.setattr(os, "getpid", lambda: 7)
    (tmp_path / "a.gguf").write_bytes(b"")
    out = convert_smollm2(tmp_path / "a.gguf", tmp_path / "out")
    assert (out / "config.json").is_file() and theirs.read_text() == "theirs" and not (out / "weights").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"a.gguf", "out", "out.partial-7"}
