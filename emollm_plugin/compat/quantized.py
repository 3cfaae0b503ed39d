"""LLaVA 1.2.2's 4 and 8 bits (QLoRA, `--load-4bit`) on transformers 5."""

from __future__ import annotations

from typing import Any


def one_quantization_argument(kwargs: dict[str, Any]) -> dict[str, Any]:
    """transformers >= 5: `from_pretrained` knows no `load_in_4bit` or `load_in_8bit`, only `quantization_config`.

    The host gives both; they end up in the model's constructor, which refuses them.
    """
    kwargs = dict(kwargs)
    bits = {name: kwargs.pop(name, False) for name in ("load_in_4bit", "load_in_8bit")}
    if any(bits.values()) and "quantization_config" not in kwargs:
        from transformers import BitsAndBytesConfig

        kwargs["quantization_config"] = BitsAndBytesConfig(**bits)
    return kwargs
