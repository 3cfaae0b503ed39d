"""TRL trains an exported model for a few steps, by answers and by rewards, and what it saves loads again."""

import json
import sys

import pytest
import torch

pytest.importorskip("trl", reason="TRL is not installed; it has an environment of its own")

import emollm_plugin.hf

from ..conftest import ROOT
from ..emollm_plugin.conftest import make_data, make_tokenizer

emollm_plugin.hf.register()


@pytest.fixture
def exported(tmp_path):
    """A tiny model as `emollm export` writes it, made without LLaVA, and data for it."""
    from transformers import CLIPVisionConfig, LlamaConfig

    from emollm_plugin.hf.configuration import EmoLlavaConfig
    from emollm_plugin.hf.export import _image_token, _write_code
    from emollm_plugin.hf.modeling import EmoLlavaForConditionalGeneration
    from emollm_plugin.hf.processing import EmoLlavaImageProcessor, EmoLlavaProcessor
    from emollm_plugin.hf.template import jinja
    from emollm_plugin.prompt.formats import FORMATS

    torch.manual_seed(0)
    folder = tmp_path / "model"
    tokenizer = make_tokenizer(folder)
    image = _image_token(tokenizer)
    text = LlamaConfig(
        vocab_size=image + 1,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    eyes = CLIPVisionConfig(
        hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=14
    )
    config = EmoLlavaConfig(
        text_config=text,
        vision_config=eyes,
        image_token_index=image,
        image_seq_length=4,
        skipped_tokens=1,
        projector_type="multiperspective:slots=2,width=16",
    )
    EmoLlavaForConditionalGeneration(config).save_pretrained(folder)
    pictures = EmoLlavaImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, do_pad=True)
    template = jinja(FORMATS["chatml"], "Look.", opened="", image="<image>", close="\n", bos="")
    EmoLlavaProcessor(pictures, tokenizer, image_seq_length=4, chat_template=template).save_pretrained(folder)
    _write_code(folder)
    make_data(tmp_path / "data", n=8)
    return folder, [
        "--data",
        str(tmp_path / "data" / "train.json"),
        "--images",
        str(tmp_path / "data" / "images"),
        "--out",
        str(tmp_path / "tuned"),
    ]


@pytest.fixture
def example(monkeypatch):
    def load(name):
        import importlib

        monkeypatch.syspath_prepend(str(ROOT / "examples"))
        for known in (name, "records", "rewards"):
            sys.modules.pop(known, None)
        return importlib.import_module(name)

    return load


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_sft_learns_answers_and_saves_what_loads(exported, example, tmp_path):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder, data = exported
    example("trl_sft").main([str(folder), *data, "--steps", "24", "--learning-rate", "1e-2"])
    model = AutoModelForImageTextToText.from_pretrained(tmp_path / "tuned").eval()
    processor = AutoProcessor.from_pretrained(tmp_path / "tuned")
    before, after = weights(folder), weights(tmp_path / "tuned")
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert any("multi_modal_projector" in name for name in moved) and not any("vision_tower" in name for name in moved)
    for record in json.loads((tmp_path / "data" / "train.json").read_text())[:4]:
        image = str(tmp_path / "data" / "images" / record["image"])
        text = record["conversations"][0]["value"].replace("<image>\n", "")
        talk = [{"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": text}]}]
        inputs = processor.apply_chat_template(
            talk, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        out = model.generate(**inputs, max_new_tokens=6, do_sample=False, eos_token_id=2)[0, inputs["input_ids"].shape[1] :]
        assert processor.decode(out, skip_special_tokens=True) == record["conversations"][1]["value"]


def test_grpo_runs_on_both_rewards(exported, example, tmp_path, monkeypatch):
    folder, data = exported
    module, seen = example("trl_grpo"), []

    def noted(completions, answer, **more):
        seen.append(len(completions))
        # A random model names no emotion; what its answers are rewarded for here is only that they differ.
        return [float(len(text) % 2) for text in map(str, completions)]

    monkeypatch.setattr(module, "strict", noted)
    module.main([str(folder), *data, "--steps", "2", "--answers", "4", "--tokens", "4", "--learning-rate", "1e-2"])
    assert seen == [4, 4]
    before, after = weights(folder), weights(tmp_path / "tuned")
    assert any(not torch.equal(before[name], after[name]) for name in before)
