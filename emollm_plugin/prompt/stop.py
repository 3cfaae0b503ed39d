"""Generation ends where the template that trained a model ends its answers.

A base model's own end of text may be another token than its template's end of turn, and the host's scripts for
evaluation stop at nothing else: such a model would answer rightly and then write on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .chat_template import bind_noted
from .templates import end_of_answer

# Under this key of config.json training notes its `--version`.
TEMPLATE_KEY = "emollm_template"


def stopping_load(load: Callable, templates: Mapping) -> Callable:
    """Wrap `load_pretrained_model`, whose result begins with tokenizer and model: it stops, and asks, as it was trained to.

    Args:
        load: the function.
        templates: the host's `conv_templates`.
    """

    def load_pretrained_model(*args, **kwargs):
        loaded = load(*args, **kwargs)
        tokenizer, model = loaded[:2]
        bind_noted(model.config, templates)
        conv = templates.get(getattr(model.config, TEMPLATE_KEY, None))
        if conv is not None:
            stop_at(model, tokenizer, end_of_answer(conv))
        return loaded

    return load_pretrained_model


def stop_at(model: Any, tokenizer: Any, end: str) -> None:
    """Add the token `end` to those at which `model.generate` stops, if the tokenizer has it as one token."""
    token = tokenizer.convert_tokens_to_ids(end)
    if token is None or token == tokenizer.unk_token_id:
        return
    known = model.generation_config.eos_token_id
    known = known if isinstance(known, list) else [known] if known is not None else []
    if token not in known:
        model.generation_config.eos_token_id = [*known, token]
