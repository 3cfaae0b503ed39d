"""Tiny checkpoints of every family, tower and kind, and how an export of one answers beside `emollm eval`."""

import copy
import json
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

import emollm_plugin
import emollm_plugin.hf
from emollm_plugin.compat.config import before_5

from ..decoders import make_decoder

emollm_plugin.register()
if not before_5():
    emollm_plugin.hf.register()

OURS = "multiperspective:slots=2,width=16"
QUESTIONS = ("Which emotion does this image show? joy sadness", "Yes or No? Answer with that word or phrase only.")


@pytest.fixture(autouse=True)
def current_stack():
    if before_5():
        pytest.skip("an export needs transformers 5")


@pytest.fixture(autouse=True)
def layers_are_initialised_afterwards(monkeypatch):
    """LLaVA's loading switches PyTorch's own initialisation off, for every later test of the process."""
    from torch import nn

    for layer in (nn.Linear, nn.LayerNorm):
        monkeypatch.setattr(layer, "reset_parameters", layer.reset_parameters)


@pytest.fixture
def make(tiny, tmp_path):
    """A function that saves a checkpoint of a family, tower, projector and kind (`full`, `lora` or `projector`)."""

    def build(
        family="llama",
        kind="full",
        tower=None,
        projector=OURS,
        layer=-2,
        dtype=torch.float32,
        tokenizer=None,
        template="emoprompt_chatml",
        **config,
    ):
        from emollm_plugin.checkpoints.folders import note_training

        base, out = tmp_path / "base", tmp_path / f"llava-{kind}"
        tokenizer = tokenizer or tiny.tokenizer
        make_decoder(base, family, len(tokenizer))
        tokenizer.save_pretrained(base)
        model = build_llava(base, tower or tiny.clip, projector, layer).to(dtype)
        for key, value in {"image_aspect_ratio": "pad", "use_cache": True, **config}.items():
            setattr(model.config, key, value)
        note_training(model.config, template=template, base=str(base))
        SAVES[kind](model, out, base, tokenizer)
        return out

    return build


def build_llava(base, tower, projector, layer):
    from llava.model import LlavaLlamaForCausalLM

    torch.manual_seed(3)
    model = LlavaLlamaForCausalLM.from_pretrained(base)
    model.get_model().initialize_vision_modules(
        SimpleNamespace(
            vision_tower=str(tower),
            mm_vision_select_layer=layer,
            mm_vision_select_feature="patch",
            pretrain_mm_mlp_adapter=None,
            mm_patch_merge_type="flat",
            mm_projector_type=projector,
        )
    )
    for parameter in model.get_model().mm_projector.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    for name, parameter in model.named_parameters():
        # Fresh attention takes the mean of all tokens: every question would have the same answer.
        if any(part in name for part in ("q_proj", "k_proj", "v_proj", "o_proj", "qkv", "Wqkv")):
            torch.nn.init.normal_(parameter, std=0.3)
    model.config.mm_use_im_start_end = model.config.mm_use_im_patch_token = False
    return model.eval()


def save_full(model, out, _base, tokenizer):
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def save_projector(model, out, _base, _tokenizer):
    model.config.save_pretrained(out)
    torch.save({key: value for key, value in model.state_dict().items() if "mm_projector" in key}, out / "mm_projector.bin")


def save_lora(model, out, base, _tokenizer):
    from peft import LoraConfig, get_peft_model

    tuned = LoraConfig(r=4, target_modules=r".*layers.*(q_proj|v_proj|qkv_proj)", task_type="CAUSAL_LM")
    config, model = copy.deepcopy(model.config), get_peft_model(model, tuned)
    for name, value in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value)
    model.peft_config["default"].base_model_name_or_path = str(base)
    model.save_pretrained(out)
    config.save_pretrained(out)
    torch.save(
        {key: value for key, value in model.state_dict().items() if "mm_projector" in key}, out / "non_lora_trainables.bin"
    )


SAVES = {"full": save_full, "projector": save_projector, "lora": save_lora}


def pictures():
    """Three of different shapes."""
    generator = torch.Generator().manual_seed(0)
    sizes = ((28, 28), (40, 25), (23, 51))
    return [Image.fromarray(torch.randint(0, 256, (*size, 3), generator=generator).byte().numpy()) for size in sizes]


def messages(images, text):
    return [
        {"role": "user", "content": [*({"type": "image", "image": image} for image in images), {"type": "text", "text": text}]}
    ]


def tokenized(processor, conversation):
    return processor.apply_chat_template(
        conversation, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )


def load_export(folder, **how):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(folder, dtype="auto", **how).eval()
    return model, AutoProcessor.from_pretrained(folder, **how)


def unfolded(ids, image, tokens):
    """Ids with one LLaVA placeholder for each run of an export's."""
    found, row = [], list(ids)
    while row:
        if row[0] == image:
            run = next((place for place, each in enumerate(row) if each != image), len(row))
            assert run % tokens == 0
            found.append(-200)
            row = row[run:]
        else:
            found.append(row.pop(0))
    return found


@torch.no_grad()
def same_as_evaluation(checkpoint, exported, dtype=None, loaded=None):
    """Ids, pixels, logits and greedy answers of an export beside those of `emollm eval`, which see the picture."""
    from emollm_plugin.evaluation.predictor import Predictor

    predictor = Predictor.load(checkpoint, device="cpu", dtype=dtype)
    model, processor = loaded or load_export(exported)
    seen = []
    for image, text in zip((*pictures(), None), QUESTIONS * 2):
        asked = predictor.ask(image, text)
        inputs = tokenized(processor, messages([] if image is None else [image], text))
        ids = inputs["input_ids"][0].tolist()
        assert unfolded(ids, model.config.image_token_index, model.config.image_seq_length) == list(asked.ids)
        if image is not None:
            assert torch.equal(inputs["pixel_values"][0].to(asked.pixels.dtype), asked.pixels)
        pixels = None if image is None else asked.pixels[None].to(model.dtype)
        host = predictor.model(torch.tensor([asked.ids]), images=pixels).logits[0, -1]
        own = model(**inputs).logits[0, -1]
        # The head has a row more, so that its kernel may add up in another order.
        close = {"rtol": 4 * torch.finfo(host.dtype).eps, "atol": 4 * torch.finfo(host.dtype).eps}
        torch.testing.assert_close(own[: len(host)], host, **close)
        assert (own[len(host) :] < own.max()).all(), "what was added is never the answer"
        out = model.generate(**inputs, max_new_tokens=8, do_sample=False)[0, len(ids) :]
        answer = processor.decode(out, skip_special_tokens=True).strip()
        assert answer == predictor.answer([image], [text], max_new_tokens=8)[0]
        seen.append(host.float())
    assert (seen[0] - seen[2]).abs().max() > 1e-3, "another picture changes nothing: this proves nothing"


def read(folder, name="config.json"):
    return json.loads((folder / name).read_text())
