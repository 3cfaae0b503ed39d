"""Token ids and labels, built turn by turn: the ids before an answer are those that inference feeds the model.

LLaVA tokenizes the whole conversation and then looks for the turns in it; where the separators tokenize differently
from what it assumes, it masks the whole sample. Here the mask follows from the pieces, so that cannot happen.
"""

from __future__ import annotations

from typing import Callable, Sequence

from emobench_data.errors import InputError

IGNORE_INDEX = -100


def split_turns(conv, turns: Sequence[dict]) -> list[tuple[str, str]]:
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


def encode(conv, turns: Sequence[dict], tokenizer, tokenize_query: Callable[[str], list[int]]):
    """Token ids and labels of one conversation, as two lists of equal length.

    Args:
        conv: a host `Conversation`.
        turns: see `split_turns`.
        tokenizer: the model's tokenizer.
        tokenize_query: how inference tokenizes a prompt: the host's `tokenizer_image_token`, which puts
            `IMAGE_TOKEN_INDEX` where `<image>` stands.
    """
    ids: list[int] = []
    labels: list[int] = []
    for context, target in split_turns(conv, turns):
        # Only the first piece may carry the tokenizer's beginning-of-sequence token.
        query = tokenize_query(context) if not ids else _without_bos(tokenize_query(context), tokenizer)
        answer = _continuation(context, target, tokenizer)
        ids += query + answer
        labels += [IGNORE_INDEX] * len(query) + answer
    return ids, labels


def _continuation(context: str, target: str, tokenizer) -> list[int]:
    """Ids of `target` as they follow `context`; SentencePiece writes a word differently at a text's beginning."""
    tail = context.rpartition("<image>")[2]
    before = tokenizer(tail, add_special_tokens=False).input_ids
    both = tokenizer(tail + target, add_special_tokens=False).input_ids
    if tail and both[: len(before)] == before:
        return both[len(before) :]
    # The two texts merge into one token at the seam; the query's own ids must stay, so the target stands alone.
    return tokenizer(target.lstrip(" "), add_special_tokens=False).input_ids


def _without_bos(ids: list[int], tokenizer) -> list[int]:
    return ids[1:] if ids and ids[0] == tokenizer.bos_token_id else ids
