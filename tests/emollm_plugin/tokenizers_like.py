"""Tiny tokenizers of the kinds that real models have, with chat templates that write what the real ones write."""

import json
from io import BytesIO

CORPUS = [
    "Look first at what is visible: scene, people, faces, gestures, light and color.",
    "Which emotion? joy sadness",
    "Guidance Question Reply Next",
    "Yes or No? Yes. No.",
    "user assistant system model human USER: ASSISTANT:",
]
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"


def _loop(begin, user, assistant, prompt, system=None):
    """A chat template from what it writes for each role and to open an answer."""
    role = f"{{% if m.role == 'user' %}}{{{{ {user} }}}}{{% elif m.role == 'assistant' %}}{{{{ {assistant} }}}}"
    role += f"{{% else %}}{{{{ {system} }}}}{{% endif %}}" if system else "{% endif %}"
    refuse = "" if system else NO_SYSTEM
    return (
        f"{refuse}{begin}{{% for m in messages %}}{role}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{{{{ {prompt} }}}}{{% endif %}}"
    )


def _same(open_, close, begin=""):
    """A chat template that writes every role alike."""
    turn = f"'{open_[0]}' + m.role + '{open_[1]}' + m.content | trim + {close}"
    return _loop(begin, turn, turn, f"'{open_[0]}assistant{open_[1]}'", turn)


BOS = "{{ bos_token }}"
# format -> (kind of tokenizer, its chat template, its special tokens beside the kind's own)
CHATS = {
    "chatml": ("qwen", _same(("<|im_start|>", "\\n"), "'<|im_end|>\\n'"), ["<|im_start|>", "<|im_end|>"]),
    "llama_3": (
        "llama_3",
        _same(("<|start_header_id|>", "<|end_header_id|>\\n\\n"), "'<|eot_id|>'", BOS),
        ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    ),
    "phi3": ("spm", _same(("<|", "|>\\n"), "'<|end|>\\n'"), ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]),
    "zephyr": ("spm", _same(("<|", "|>\\n"), "eos_token + '\\n'"), []),
    "gemma": (
        "gemma",
        _loop(
            BOS,
            "'<start_of_turn>user\\n' + m.content + '<end_of_turn>\\n'",
            "'<start_of_turn>model\\n' + m.content + '<end_of_turn>\\n'",
            "'<start_of_turn>model\\n'",
        ),
        ["<start_of_turn>", "<end_of_turn>"],
    ),
    "llama_2": (
        "spm",
        "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' }}"
        "{% if messages[0].role == 'system' and loop.index0 == 1 %}"
        "{{ '<<SYS>>\\n' + messages[0].content + '\\n<</SYS>>\\n\\n' }}{% endif %}{{ m.content + ' [/INST]' }}"
        "{% elif m.role == 'assistant' %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}",
        [],
    ),
    "mistral": ("spm", _loop(BOS, "'[INST] ' + m.content + ' [/INST]'", "' ' + m.content + eos_token", "''"), []),
    "mistral_spaced": ("spm", _loop(BOS, "' [INST] ' + m.content + ' [/INST]'", "' ' + m.content + eos_token", "''"), []),
    "mistral_v3": (
        "spm",
        _loop(BOS, "'[INST] ' + m.content + '[/INST]'", "' ' + m.content + eos_token", "''"),
        ["[INST]", "[/INST]"],
    ),
    "mistral_tekken": (
        "llama_3",
        _loop(BOS, "'[INST]' + m.content + '[/INST]'", "m.content + '</s>'", "''"),
        ["[INST]", "[/INST]", "</s>"],
    ),
    "olmo": (
        "qwen",
        _loop(
            "{{ '<|endoftext|>' }}",
            "'<|user|>\\n' + m.content + '\\n'",
            "'<|assistant|>\\n' + m.content + '<|endoftext|>' + ('' if loop.last else '\\n')",
            "'<|assistant|>\\n'",
            "'<|system|>\\n' + m.content + '\\n'",
        ),
        ["<|endoftext|>"],
    ),
}
# Llama 3.1 puts dates before the system text.
_DATE = "('Today: 1 Jan\\n\\n' if m.role == 'system' else '') + m.content"
DATED = CHATS["llama_3"][1].replace("m.content | trim", _DATE)


def make(folder, form, *, use_fast):
    """The tokenizer of `CHATS[form]` as `AutoTokenizer` loads it, with `.chat_template` set."""
    from transformers import AutoTokenizer

    kind, template, tokens = CHATS[form]
    {"spm": _llama, "gemma": _gemma, "qwen": _qwen, "llama_3": _llama_3}[kind](folder, tokens)
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=use_fast)
    tokenizer.chat_template = template
    return tokenizer


def _llama(folder, tokens):
    """SentencePiece with a space before every text, byte fallback and `<s>`: Llama 1 and 2, Mistral, Phi-3."""
    import sentencepiece

    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=model,
        vocab_size=380,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=1.0,
        split_digits=True,
        minloglevel=2,
    )
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    config = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "additional_special_tokens": tokens,
        "model_max_length": 2048,
        "legacy": True,
        "add_bos_token": True,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def _bpe(pre_tokenizer, alphabet, **model):
    from tokenizers import Tokenizer, models, trainers

    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizer
    return tokenizer, trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)


def _byte_level(tokens):
    from tokenizers import decoders, pre_tokenizers

    tokenizer, trainer = _bpe(pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.ByteLevel.alphabet())
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(tokens)
    return tokenizer


def _save_fast(folder, tokenizer, **special):
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def _qwen(folder, tokens):
    """Byte-level BPE without a beginning of sequence and without an unknown token, in Qwen's two files."""
    learned = json.loads(_byte_level([]).to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(learned["vocab"]))
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in learned["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    end = tokens[-1]
    config = {
        "tokenizer_class": "Qwen2Tokenizer",
        "bos_token": None,
        "unk_token": None,
        "eos_token": end,
        "pad_token": "<|endoftext|>",
        "additional_special_tokens": tokens,
        "model_max_length": 2048,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def _llama_3(folder, tokens):
    """Byte-level BPE with a beginning of sequence; fast only."""
    from tokenizers import processors

    begin = "<|begin_of_text|>"
    tokenizer = _byte_level([begin, *tokens])
    bos = (begin, tokenizer.token_to_id(begin))
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{begin} $A", special_tokens=[bos])
    _save_fast(folder, tokenizer, bos_token=begin, eos_token=tokens[-1])


def _gemma(folder, tokens):
    """BPE over text whose spaces are marked, no space put before, byte fallback and `<bos>`; fast only."""
    from tokenizers import decoders, normalizers, pre_tokenizers, processors

    own = ["<pad>", "<eos>", "<bos>", "<unk>"]
    letters = sorted({letter for text in CORPUS for letter in text.replace(" ", "▁")} | {"\n"})
    split = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer, trainer = _bpe(split, letters, byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    trainer.special_tokens = [*own, *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer.vocab_size = 500
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([*own, *tokens])
    bos = ("<bos>", tokenizer.token_to_id("<bos>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[bos])
    _save_fast(folder, tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<pad>")
