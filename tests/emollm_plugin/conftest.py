"""Tiny random models that the real LLaVA code trains and evaluates in seconds."""

import json
from types import SimpleNamespace

import pytest
from PIL import Image

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CORPUS = ["Which emotion does this image show? joy sadness anger fear", "Answer with that word or phrase only.", "Yes No"]
COLORS = {"joy": (250, 220, 60), "sadness": (40, 60, 140)}


def make_tokenizer(folder):
    """A byte-level BPE tokenizer of the kind that SmolLM2 has: ChatML, no beginning-of-sequence token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=CHATML, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    names = {"unk_token": CHATML[0], "pad_token": CHATML[2], "bos_token": CHATML[1], "eos_token": CHATML[2]}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
    fast.save_pretrained(folder)
    return fast


def make_llm(folder, vocabulary):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, bos_token_id=1, eos_token_id=2, pad_token_id=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def make_clip(folder):
    import torch
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=14
    )
    CLIPVisionModel(config).save_pretrained(folder)
    size = {"height": 28, "width": 28}
    CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)


def make_data(folder, n=16):
    """Plain colors for two emotions, as LLaVA's training JSON and as its questions with the gold beside them."""
    records, questions, gold = [], [], []
    (folder / "images").mkdir(parents=True)
    for index in range(n):
        label = list(COLORS)[index % len(COLORS)]
        name = f"{index}.png"
        Image.new("RGB", (32, 28), COLORS[label]).save(folder / "images" / name)
        ask = "Which emotion does this image show? joy sadness"
        turns = [{"from": "human", "value": f"<image>\n{ask}"}, {"from": "gpt", "value": label}]
        records.append({"id": str(index), "image": name, "conversations": turns})
        questions.append({"question_id": str(index), "image": name, "text": ask})
        gold.append(
            {"question_id": str(index), "source": "tiny", "task": "emo_c", "answer": label, "accepted": [label],
             "options": list(COLORS)}
        )  # fmt: skip
    (folder / "train.json").write_text(json.dumps(records))
    for name, rows in (("questions", questions), ("gold", gold)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """`.base` (LLM), `.clip` (vision tower), `.data` (records, questions, images): read-only, made once."""
    root = tmp_path_factory.mktemp("tiny")
    tokenizer = make_tokenizer(root / "base")
    make_llm(root / "base", len(tokenizer))
    make_clip(root / "clip")
    make_data(root / "data")
    return SimpleNamespace(root=root, base=root / "base", clip=root / "clip", data=root / "data", tokenizer=tokenizer)


@pytest.fixture
def train_arguments(tiny, tmp_path):
    """Arguments of `llava.train.train` for the tiny models; keywords change or, with None, drop one."""

    def build(**changes):
        arguments = {
            "model_name_or_path": tiny.base, "version": "emoprompt_chatml", "data_path": tiny.data / "train.json",
            "image_folder": tiny.data / "images", "vision_tower": tiny.clip, "mm_vision_select_layer": -2,
            "mm_projector_type": "multiperspective:slots=2,width=16", "mm_use_im_patch_token": False,
            "bf16": True, "use_cpu": True, "output_dir": tmp_path / "llava-out", "max_steps": 6,
            "per_device_train_batch_size": 4, "learning_rate": 1e-2, "logging_steps": 1, "save_strategy": "no",
            "model_max_length": 256, "lazy_preprocess": True, "report_to": "none", "seed": 0, **changes,
        }  # fmt: skip
        return [part for key, value in arguments.items() if value is not None for part in (f"--{key}", str(value))]

    return build
