"""What a base model counts by in the fingerprint of a run."""

from dataclasses import replace

from emollm_plugin.prompt.templates import CHAT_TEMPLATE
from emollm_plugin.recipes.fingerprint import fingerprint, model_stamp
from emollm_plugin.recipes.prepare import Base

from .. import tokenizers_like
from ..prompt.test_chat_template import FOREIGN
from .conftest import CPU, filled


def test_the_stamp_of_a_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "training_args.bin").write_text("x")
    assert set(model_stamp(str(tmp_path))) == {"config.json", "training_args.bin"}
    assert model_stamp("efficientnet_lite0") is None and model_stamp("nobody/nothing") is None


def test_another_chat_template_of_the_base_is_another_run(tmp_path, made):
    """A template that has a name is known by it."""
    _, data, _ = made
    data = replace(data, train=tmp_path / "train.json", images=None)
    data.train.write_text("[]")
    tokenizer = tokenizers_like.make(tmp_path, "chatml", use_fast=True)
    found = []
    for mark in ("(", "["):
        tokenizer.chat_template = FOREIGN.replace("(", mark)
        tokenizer.save_pretrained(tmp_path)
        (tmp_path / "chat_template.jinja").write_text(tokenizer.chat_template)
        found += [fingerprint(filled(), Base(str(tmp_path), name), data, [], CPU) for name in (CHAT_TEMPLATE, "chatml")]
    own, named, changed, still = (one["chat template"] for one in found)
    assert own != changed and named is still is None
