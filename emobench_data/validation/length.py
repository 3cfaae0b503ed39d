"""How many tokens a record needs: counted with a tokenizer, or estimated from its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..io.errors import InputError
from ..media.kinds import placeholders
from .form import Read

TOKENS_A_WORD = 1.3  # English, LLaMA's vocabulary
VISUAL_TOKENS = 576  # LLaVA-1.5: 24 x 24 patches


class Counter(NamedTuple):
    """A function that counts a text's tokens, and how it does, for messages."""

    count: Callable[[str], int]
    how: str


def token_counter(tokenizer: Path | None) -> Counter:
    """Counts with the tokenizer in a folder, or estimates without one.

    Raises:
        InputError: the folder holds no tokenizer.json, or the library `tokenizers` is not installed.
    """
    if tokenizer is None:
        return Counter(lambda text: round(TOKENS_A_WORD * len(text.split())), f"estimated as words x {TOKENS_A_WORD}")
    path = tokenizer / "tokenizer.json"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; save the tokenizer's fast form there (AutoTokenizer.save_pretrained), or go "
            "without --tokenizer for an estimate"
        )
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise InputError("counting tokens needs the library tokenizers; run: pip install tokenizers") from error
    try:
        counter = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise InputError(f"{path}: not a tokenizer ({' '.join(str(error).split())[:200]})") from error
    return Counter(lambda text: len(counter.encode(text).ids), f"counted with {tokenizer}")


def length(read: Read, count: Callable[[str], int], visual_tokens: int) -> int:
    """Tokens of all turns and media."""
    text = "\n".join(words for _, words in read.turns)
    for sign in placeholders().values():
        text = text.replace(sign, "")
    return count(text) + visual_tokens * len(read.media)
