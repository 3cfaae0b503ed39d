"""LLaVA 1.2.2's 4 and 8 bits (QLoRA, `--load-4bit`) on transformers 5."""

from __future__ import annotations

from typing import Any


def one_quantization_argument(cls: type[Any]) -> None:
    """transformers >= 5: `from_pretrained` knows no `load_in_4bit` or `load_in_8bit`, only `quantization_config`.

    The host gives both; they end up in the model's constructor, which refuses them.
    """
    host = cls.from_pretrained.__func__

    def from_pretrained(cls, *args, load_in_4bit=False, load_in_8bit=False, **kwargs):
        if (load_in_4bit or load_in_8bit) and "quantization_config" not in kwargs:
            from transformers import BitsAndBytesConfig

            kwargs["quantization_config"] = BitsAndBytesConfig(load_in_4bit=load_in_4bit, load_in_8bit=load_in_8bit)
        return host(cls, *args, **kwargs)

    cls.from_pretrained = classmethod(from_pretrained)
