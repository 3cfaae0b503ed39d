"""Prompts of unequal length read by a decoder in one batch; what they begin with alike is read once for all of them.

On a CPU, where time goes by tokens, a batch is read in parts of like length, so that little of it is padding.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..compat.cache import join_rows, padding_confuses_several, pick_rows
from ..prompt.media import AUDIO_INDEX
from ..training.loss import logits_of

# What a part costs beside its rows, in tokens of one row; measured on a CPU with the default model.
PART_COST = 32


@dataclass(frozen=True)
class Prompt:
    """One prompt.

    Args:
        ids: token ids, `Reader.image_token` where the picture stands, `AUDIO_INDEX` where a sound does.
        features: the picture as the projector gives it, (N, C), or None for none.
        sounds: the sounds so, in their order.
    """

    ids: list[int]
    features: Tensor | None
    sounds: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Read:
    """What a decoder knows after reading a batch of B rows.

    Args:
        logits: for the next token of each row, (B, V), float32.
        cache: keys and values of N positions, padding among them.
        mask: (B, N), 1 where a token stands.
        lengths: tokens of each row, (B,), which is the position of the next.
    """

    logits: Tensor
    cache: object
    mask: Tensor
    lengths: Tensor

    def rows(self, rows: Tensor) -> Read:
        """The rows `rows` (R,), in that order, also several times."""
        return Read(self.logits[rows], pick_rows(self.cache, rows), self.mask[rows], self.lengths[rows])

    @classmethod
    def joined(cls, parts: Sequence[Read], shared: int) -> Read:
        """The rows of all parts, in that order; all of them begin with `shared` tokens."""
        if len(parts) == 1:
            return parts[0]
        cache = join_rows([part.cache for part in parts], shared)
        rest = _pad_left([row[shared:] for part in parts for row in part.mask])
        mask = torch.cat([rest.new_ones((len(rest), shared)), rest], dim=1)
        return cls(torch.cat([part.logits for part in parts]), cache, mask, torch.cat([part.lengths for part in parts]))


class Reader:
    """Feeds a LLaVA model's decoder; logits are made at the last position only.

    Args:
        model: a LLaVA causal model in evaluation mode.
        image_token: the id that stands for a picture.
    """

    def __init__(self, model: Any, image_token: int) -> None:
        self.model, self.image_token, self.media = model, image_token, (image_token, AUDIO_INDEX)
        self.decoder = model.get_model()
        self.positions = "position_ids" in inspect.signature(self.decoder.forward).parameters
        self.window = getattr(model.config, "sliding_window", None)
        self.limit = getattr(model.config, "tokenizer_model_max_length", None)
        self._prefix: tuple[list[int], object] = ([], None)

    def read(self, prompts: Sequence[Prompt], *, room: int = 0) -> Read:
        """Read a batch from its beginning; `room` tokens at most are read after it."""
        # Padding between what is shared and the rest shifts distances for those that count rows of the cache: MPT's linear
        # biases, and attention in windows once a window is full.
        counted = not self.positions or bool(self.window and self.window < max(map(_length, prompts)) + room)
        shared = 0 if counted else self._shared(prompts)
        order = sorted(range(len(prompts)), key=lambda row: -_length(prompts[row]))
        ends = [len(order)]
        if self.model.device.type == "cpu" and self.positions and not self.window:
            ends = cut([_length(prompts[row]) for row in order], PART_COST)
        parts = [[prompts[row] for row in order[start:end]] for start, end in zip([0, *ends], ends)]
        read = Read.joined([self._read_part(part, shared) for part in parts], shared)
        if order == sorted(order):
            return read
        return read.rows(torch.tensor(order, device=read.lengths.device).argsort())

    def _read_part(self, prompts: Sequence[Prompt], shared: int) -> Read:
        # Longer ones lose their end, as in the host.
        rest = [self._embed(prompt, shared)[: self.limit and self.limit - shared] for prompt in prompts]
        ones = [torch.ones(len(row), dtype=torch.long, device=self.model.device) for row in rest]
        mask, embeddings = _pad_left(ones), _pad_left(rest)
        before, cache = mask.new_ones((len(rest), shared)), None
        if shared:
            cache = pick_rows(self._prefix[1], mask.new_zeros(len(rest)))
        positions = (mask.cumsum(1) - 1).clamp(min=0) + shared
        mask = torch.cat([before, mask], dim=1)
        hidden, cache = self._forward(embeddings, mask, positions, cache)
        return Read(logits_of(self.model, hidden[:, -1]), cache, mask, mask.sum(1))

    def step(self, read: Read, tokens: Tensor) -> Read:
        """Read one more token in each row: (B,)."""
        mask = torch.cat([read.mask, torch.ones_like(read.mask[:, :1])], dim=1)
        hidden, cache = self._forward(self._tokens(tokens[:, None]), mask, read.lengths[:, None], read.cache)
        return Read(logits_of(self.model, hidden[:, -1]), cache, mask, read.lengths + 1)

    def log_probabilities(self, read: Read, continuations: Sequence[Sequence[int]]) -> Tensor:
        """The log-probability of one continuation for each row, summed over its tokens: (B,)."""
        ids = [torch.tensor(continuation, device=self.model.device) for continuation in continuations]
        total = read.logits.log_softmax(-1).gather(1, torch.stack([row[0] for row in ids])[:, None])[:, 0]
        if max(map(len, ids)) == 1:
            return total
        if padding_confuses_several(read.mask):
            return total + self._one_by_one(read, ids)
        # What follows a row's end is not counted, and what stands before does not see it.
        inputs = pad_sequence([row[:-1] for row in ids], batch_first=True)
        targets = pad_sequence([row[1:] for row in ids], batch_first=True, padding_value=-1)
        mask = torch.cat([read.mask, torch.ones_like(inputs)], dim=1)
        positions = read.lengths[:, None] + torch.arange(inputs.shape[1], device=inputs.device)
        hidden, _ = self._forward(self._tokens(inputs), mask, positions, read.cache)
        each = logits_of(self.model, hidden).log_softmax(-1).gather(2, targets.clamp(min=0)[..., None])[..., 0]
        return total + each.masked_fill(targets < 0, 0).sum(1)

    def _one_by_one(self, read: Read, ids: list[Tensor]) -> Tensor:
        """The log-probabilities of all tokens of each row but its first, summed: (B,)."""
        total = read.logits.new_zeros(len(ids))
        for place in range(1, max(map(len, ids))):
            read = self.step(read, torch.stack([row[min(place, len(row)) - 1] for row in ids]))
            next_ = torch.stack([row[min(place, len(row) - 1)] for row in ids])
            each = read.logits.log_softmax(-1).gather(1, next_[:, None])[:, 0]
            total += each.masked_fill(torch.tensor([place >= len(row) for row in ids], device=each.device), 0)
        return total

    def _shared(self, prompts: Sequence[Prompt]) -> int:
        """How many tokens all prompts begin with, having read them into `_prefix`."""
        ids: list[int] = list(commonprefix([prompt.ids[:-1] for prompt in prompts]))  # noqa: RUF071 (of lists, which have no folders)
        ids = ids[: next(self._places(ids), len(ids))]
        if ids and ids != self._prefix[0]:
            tokens = torch.tensor([ids], device=self.model.device)
            mask, positions = torch.ones_like(tokens), torch.arange(len(ids), device=tokens.device)[None]
            self._prefix = (ids, self._forward(self._tokens(tokens), mask, positions, None)[1])
        return len(ids)

    def _embed(self, prompt: Prompt, start: int) -> Tensor:
        """Embeddings (N, C) of a prompt from its token `start` on."""
        ids = prompt.ids[start:]
        places = list(self._places(ids))
        seen, sounds = iter(() if prompt.features is None else (prompt.features,)), iter(prompt.sounds)
        text = self._tokens(torch.tensor([token for token in ids if token not in self.media], device=self.model.device))
        if not places:
            return text
        first, *rest = text.tensor_split([place - before for before, place in enumerate(places)])
        row = [first]
        for place, part in zip(places, rest):
            row += [next(seen if ids[place] == self.image_token else sounds).to(text.dtype), part]
        return torch.cat(row)

    def _places(self, ids: Sequence[int]) -> Iterator[int]:
        """Where media stand."""
        return (place for place, token in enumerate(ids) if token in self.media)

    def _tokens(self, ids: Tensor) -> Tensor:
        return self.decoder.embed_tokens(ids)

    def _forward(self, embeddings: Tensor, mask: Tensor, positions: Tensor, cache: Any) -> tuple[Tensor, object]:
        known = {"position_ids": positions} if self.positions else {}
        out = self.decoder(inputs_embeds=embeddings, attention_mask=mask, past_key_values=cache, use_cache=True, **known)
        return out.last_hidden_state, out.past_key_values


def _pad_left(rows: list[Tensor]) -> Tensor:
    """Rows (N, ...) of unequal N as one tensor, zeros before the shorter ones."""
    longest = max(map(len, rows))
    return torch.stack([torch.cat([row.new_zeros(longest - len(row), *row.shape[1:]), row]) for row in rows])


def _length(prompt: Prompt) -> int:
    return len(prompt.ids) + sum(len(each) for each in (prompt.features, *prompt.sounds) if each is not None)


def cut(lengths: Sequence[int], cost: int) -> list[int]:
    """Where parts end, so that reading all of them takes least.

    Args:
        lengths: of the rows in tokens, falling; a part reads as many in each row as its first has.
        cost: of a part beside its rows, in tokens of one row.
    """
    least, begins = [0], [0]
    for end in range(1, len(lengths) + 1):
        total, begin = min((least[start] + lengths[start] * (end - start) + cost, start) for start in range(end))
        least.append(total)
        begins.append(begin)
    ends = [len(lengths)]
    while begins[ends[0]]:
        ends.insert(0, begins[ends[0]])
    return ends
