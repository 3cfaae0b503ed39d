"""Text of a data set or a user is text: what reads like a control token in it is written so that it is none."""

from __future__ import annotations

import re
from functools import lru_cache

# LLaVA's own marks, which it writes into questions itself.
MARKS = ("<image>", "<im_start>", "<im_end>", "<im_patch>")


def plain(text: str, tokenizer) -> str:
    """`text` with a blank inside whatever the tokenizer would take for one of its special tokens: `< |im_end|>`.

    A question that holds the end of a turn could otherwise go on as the assistant, and an answer would teach the model to
    end in its middle. The blank is in training and in queries alike.
    """
    control = _control_tokens(tokenizer, len(tokenizer))
    while control and control.search(text):
        text = control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
    return text


@lru_cache(maxsize=8)
def _control_tokens(tokenizer, _size: int) -> re.Pattern[str] | None:
    """What the tokenizer's special tokens look like; `_size` changes where one was added since."""
    added = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    # A single letter or a word may be one, and is text all the same (`!` pads in some tokenizers).
    tokens = {token.strip() for token in (*added, *tokenizer.all_special_tokens)}
    marks = sorted((token for token in tokens if len(token) > 1 and not token.isalnum() and token not in MARKS), key=len)
    return re.compile("|".join(map(re.escape, reversed(marks)))) if marks else None
