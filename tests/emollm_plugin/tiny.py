"""Tiny random models, and data of plain colours for them."""

import json

from PIL import Image

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CORPUS = ["Which emotion does this image show? joy sadness anger fear", "Answer with that word or phrase only."]
CORPUS += ["Yes No"]
COLORS = {"joy": (250, 220, 60), "sadness": (40, 60, 140)}


def make_tokenizer(folder, corpus=CORPUS):
    """A byte-level BPE tokenizer of the kind that SmolLM2 has: ChatML, no beginning-of-sequence token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=CHATML, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    names = {"unk_token": CHATML[0], "pad_token": CHATML[2], "bos_token": CHATML[1], "eos_token": CHATML[2]}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
    fast.save_pretrained(folder)
    return fast


def make_llm(folder, vocabulary):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def make_clip(folder, width=24):
    import torch
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=width, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=14
    )
    CLIPVisionModel(config).save_pretrained(folder)
    size = {"height": 28, "width": 28}
    CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)


def make_whisper(folder, seconds):
    """A tiny Whisper as it is on the hub, decoder and all, 16 wide, which hears so many seconds."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

    torch.manual_seed(0)
    both = {
        f"{half}_{name}": value for half in ("encoder", "decoder") for name, value in (("layers", 3), ("attention_heads", 2))
    }
    small = {"d_model": 16, "vocab_size": 64, "max_source_positions": 50 * seconds}
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    WhisperModel(WhisperConfig(**both, **small, **tokens, dropout=0.5)).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80, chunk_length=seconds).save_pretrained(folder)
    return folder


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
            {
                "question_id": str(index),
                "source": "tiny",
                "task": "emo_c",
                "answer": label,
                "references": [label],
                "options": list(COLORS),
            }
        )
    (folder / "train.json").write_text(json.dumps(records))
    for name, rows in (("questions", questions), ("gold", gold)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
