"""Token ids and labels, built turn by turn: the ids before an answer are those that inference feeds the model.

LLaVA tokenizes the whole conversation and then looks for the turns in it; where the separators tokenize differently
from what it assumes, it masks the whole sample. Here the mask follows from the pieces, so that cannot happen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from emobench_data.io.errors import InputError

from .plain import plain

IGNORE_INDEX = -100


def split_turns(conv: Any, turns: Sequence[dict]) -> list[tuple[str, str]]:
    """Split a conversation into `(context, target)` texts, one pair per answer, that add up to the whole prompt.

    Args:
        conv: a host `Conversation`; it is copied, not changed.
        turns: `{"from": "human" | "gpt", "value": str}`, beginning with a human one, taking turns.

    Raises:
        InputError: the turns are empty, do not alternate, or an answer is empty.
    """
    conv = conv.copy()
    conv.messages = []
    pairs: list[tuple[str, str]] = []
    done = ""
    for index, turn in enumerate(turns):
        speaker, value = turn.get("from"), turn.get("value")
        if speaker != ("human", "gpt")[index % 2] or not isinstance(value, str) or not value.strip():
            wanted = ("human", "gpt")[index % 2]
            raise InputError(f"turn {index} must be a non-empty text from {wanted!r}: {turn!r:.80}")
        if speaker == "human":
            conv.append_message(conv.roles[0], value)
            continue
        conv.append_message(conv.roles[1], None)
        query = conv.get_prompt()
        conv.messages[-1][1] = value
        whole = conv.get_prompt()
        if not (query.startswith(done) and whole.startswith(query)):
            raise InputError(f"template {conv.version!r} rewrites earlier text when a turn is added; take another")
        pairs.append((query[len(done) :], whole[len(query) :]))
        done = whole
    if not pairs or len(turns) % 2:
        raise InputError("a training conversation must end with an answer from 'gpt'")
    return pairs


def encode(conv: Any, turns: Sequence[dict], tokenizer: Any, tokenize_query: Callable[[str], list[int]]) -> Any:
    """Token ids and labels of one conversation, as two lists of equal length; its texts hold no control tokens.

    The ids are those that inference makes of the same text, cut where a piece of it ends. Where the last token of a
    prompt would merge with the answer, inference never sees the merged one: the prompt keeps its own ids, and what
    follows is tokenized alone.

    Args:
        conv: a host `Conversation`.
        turns: see `split_turns`.
        tokenizer: the model's tokenizer.
        tokenize_query: how inference tokenizes a prompt: the host's `tokenizer_image_token`, which puts
            `IMAGE_TOKEN_INDEX` where `<image>` stands.
    """
    ids: list[int] = []
    labels: list[int] = []
    text = ""
    for pair in split_turns(conv, plain_turns(turns, tokenizer)):
        for piece, trained in zip(pair, (False, True)):
            text += piece
            whole = tokenize_query(text)
            new = whole[len(ids) :] if whole[: len(ids)] == ids else _alone(piece, tokenizer, tokenize_query)
            ids += new
            labels += new if trained else [IGNORE_INDEX] * len(new)
    return ids, labels


def plain_turns(turns: Sequence[dict], tokenizer: Any) -> list[dict]:
    """Copies of turns, with texts as `plain` writes them."""
    return [
        {**turn, "value": plain(turn["value"], tokenizer)} if isinstance(turn.get("value"), str) else turn for turn in turns
    ]


def _alone(piece: str, tokenizer: Any, tokenize_query: Callable[[str], list[int]]) -> list[int]:
    # Without what the tokenizer adds at the beginning of every text, such as Llama's `<s>`.
    return tokenize_query(piece.lstrip(" "))[len(tokenizer("").input_ids) :]
