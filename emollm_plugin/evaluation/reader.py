"""Prompts of unequal length read by a decoder in one batch; what they begin with alike is read once for all of them.

What those about one picture begin with, the picture itself, is read once for these, where that spares enough. On a CPU, where
time goes by tokens, a batch is read in parts of like length, so that little of it is padding.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix
from threading import Event
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..compat.cache import join_rows, padding_confuses_several, pick_rows
from ..compat.config import before_5
from ..prompt.media import AUDIO_INDEX
from ..training.loss import logits_of
from .parts import cut, price

# What a part costs beside its rows, in tokens of one row; measured on a CPU with the default model.
PART_COST = 32
# Two passes, over what prompts about one medium begin with and over the rest, are taken where they read at most so much of the
# tokens of one: the second has its cost too, on a GPU most of all.
PAYS = 0.8


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


class Stopped(Exception):
    """Somebody has interrupted what a thread was reading for."""


class Reader:
    """Feeds a LLaVA model's decoder; logits are made at the last position only.

    Args:
        model: a LLaVA causal model in evaluation mode.
        image_token: the id that stands for a picture.
        stop: nothing is read any more once it is set, which raises `Stopped`.
    """

    def __init__(self, model: Any, image_token: int, stop: Event | None = None) -> None:
        self.stop = stop
        self.model, self.image_token, self.media = model, image_token, (image_token, AUDIO_INDEX)
        self.decoder = model.get_model()
        self.positions = "position_ids" in inspect.signature(self.decoder.forward).parameters
        self.window = getattr(model.config, "sliding_window", None)
        self.limit = getattr(model.config, "tokenizer_model_max_length", None)
        self._prefix: tuple[list[int], Read | None] = ([], None)

    def read(self, prompts: Sequence[Prompt], *, room: int = 0) -> Read:
        """Read a batch from its beginning; `room` tokens at most are read after it."""
        # Padding between what is shared and the rest shifts distances for those that count rows of the cache: MPT's linear
        # biases, and attention in windows once a window is full.
        counted = not self.positions or bool(self.window and self.window < max(map(_length, prompts)) + room)
        shared = None if counted else self._shared(prompts)
        if shared is None:
            return self._read_parts(prompts, None, [0] * len(prompts))
        start = shared.mask.shape[1]
        rest = [replace(prompt, ids=prompt.ids[start:]) for prompt in prompts]
        begun, rows, after = beginnings(rest, self.media)
        if not self._pays(rest, begun, after, start + room):
            return self._read_parts(rest, shared, [0] * len(rest), start)
        return self._read_parts(after, self._read_parts(begun, shared, [0] * len(begun), start), rows, start)

    def _pays(self, whole: Sequence[Prompt], begun: Sequence[Prompt], after: Sequence[Prompt], others: int) -> bool:
        """Whether to read `begun` and then `after` in place of `whole`, beside `others` tokens in each row."""
        # Where a row would be cut at its end, and where padding of both passes would fill a window, it is read in one.
        longest = max(map(_length, begun)) + max(map(_length, after)) + others
        limit = min((each for each in (self.window, self.limit) if each), default=longest)
        if longest > limit or not all(prompt.ids for prompt in begun):
            return False
        return self._price(begun) + self._price(after) <= PAYS * self._price(whole)

    def _price(self, prompts: Sequence[Prompt]) -> int:
        """What a pass over these reads, in tokens, with what its parts cost beside."""
        lengths = sorted(map(_length, prompts), reverse=True)
        return price(lengths, cut(lengths, PART_COST) if self._parted else [len(lengths)], PART_COST)

    @property
    def _parted(self) -> bool:
        """Whether batches are read in parts of like length."""
        return self.model.device.type == "cpu" and self.positions and not self.window

    def _read_parts(self, prompts: Sequence[Prompt], before: Read | None, rows: Sequence[int], shared: int = 0) -> Read:
        """Read each prompt behind its row of `before`; all of these begin with `shared` tokens."""
        if not self._parted:
            return self._read_part(prompts, before, rows)
        order = sorted(range(len(prompts)), key=lambda row: -_length(prompts[row]))
        ends = cut([_length(prompts[row]) for row in order], PART_COST)
        parts = [order[start:end] for start, end in zip([0, *ends], ends)]
        read = Read.joined(
            [self._read_part([prompts[row] for row in own], before, [rows[row] for row in own]) for own in parts], shared
        )
        if order == sorted(order):
            return read
        return read.rows(torch.tensor(order, device=read.lengths.device).argsort())

    def _read_part(self, prompts: Sequence[Prompt], before: Read | None, rows: Sequence[int]) -> Read:
        before = before and before.rows(torch.tensor(rows, device=before.lengths.device))
        # Longer ones lose their end, as in the host.
        starts = before.lengths.tolist() if before else [0] * len(prompts)
        rest = [self._embed(prompt)[: self.limit and self.limit - start] for prompt, start in zip(prompts, starts)]
        ones = [torch.ones(len(row), dtype=torch.long, device=self.model.device) for row in rest]
        mask, embeddings = _pad_left(ones), _pad_left(rest)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        if before:
            positions, mask = positions + before.lengths[:, None], torch.cat([before.mask, mask], dim=1)
        hidden, cache = self._forward(embeddings, mask, positions, before and before.cache)
        return Read(logits_of(self.model, hidden[:, -1]), cache, mask, mask.sum(1))

    def step(self, read: Read, tokens: Tensor) -> Read:
        """Read one more token in each row: (B,)."""
        mask = torch.cat([read.mask, torch.ones_like(read.mask[:, :1])], dim=1)
        hidden, cache = self._forward(self._tokens(tokens[:, None]), mask, read.lengths[:, None], read.cache)
        return Read(logits_of(self.model, hidden[:, -1]), cache, mask, read.lengths + 1)

    @property
    def branches(self) -> bool:
        """Whether `read_branches` may be used: the attention takes any mask, and sees all that came before."""
        fused = getattr(self.model.config, "_attn_implementation", None) == "sdpa"
        return fused and self.positions and not self.window and not before_5()

    def read_branches(self, read: Read, branches: Sequence[Sequence[int]]) -> Tensor:
        """Read several continuations behind each row side by side, in one pass: logits of what follows each, (B, T, V).

        The cache of `read` is used up.

        Args:
            branches: each a token behind another of them, or behind the row.
        """
        device, rows = read.lengths.device, len(read.lengths)
        last, depth = [branch[-1] for branch in branches], [len(branch) - 1 for branch in branches]
        seen = torch.tensor([[one == branch[: len(one)] for one in branches] for branch in branches], device=device)
        before = read.mask.bool()[:, None].expand(-1, len(branches), -1)
        mask = torch.cat([before, seen.expand(rows, -1, -1)], dim=2)[:, None]
        positions = read.lengths[:, None] + torch.tensor(depth, device=device)
        tokens = self._tokens(torch.tensor(last, device=device).expand(rows, -1))
        return logits_of(self.model, self._forward(tokens, mask, positions, read.cache)[0])

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

    def _shared(self, prompts: Sequence[Prompt]) -> Read | None:
        """What all prompts begin with, read, of one row; None where that is nothing."""
        # One token at least is left to be read behind it, also where the longest are cut.
        most = self.limit and self.limit - 1
        ids: list[int] = list(commonprefix([prompt.ids[:-1][:most] for prompt in prompts]))  # noqa: RUF071 (of lists, which have no folders)
        ids = ids[: next(self._places(ids), len(ids))]
        if ids and ids != self._prefix[0]:
            self._prefix = (ids, self._read_part([Prompt(ids, None)], None, [0]))
        return self._prefix[1] if ids else None

    def _embed(self, prompt: Prompt) -> Tensor:
        """Embeddings (N, C) of a prompt."""
        ids = prompt.ids
        places = list(self._places(ids))
        seen, sounds = iter(() if prompt.features is None else (prompt.features,)), iter(prompt.sounds)
        words = [token for token in ids if token not in self.media]
        text = self._tokens(torch.tensor(words, dtype=torch.long, device=self.model.device))
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
        if self.stop and self.stop.is_set():
            raise Stopped
        known = {"position_ids": positions} if self.positions else {}
        out = self.decoder(inputs_embeds=embeddings, attention_mask=mask, past_key_values=cache, use_cache=True, **known)
        return out.last_hidden_state, out.past_key_values


def _pad_left(rows: list[Tensor]) -> Tensor:
    """Rows (N, ...) of unequal N as one tensor, zeros before the shorter ones."""
    longest = max(map(len, rows))
    return torch.stack([torch.cat([row.new_zeros(longest - len(row), *row.shape[1:]), row]) for row in rows])


def _length(prompt: Prompt) -> int:
    return len(prompt.ids) + sum(len(each) for each in (prompt.features, *prompt.sounds) if each is not None)


def beginnings(prompts: Sequence[Prompt], media: Collection[int]) -> tuple[list[Prompt], list[int], list[Prompt]]:
    """Prompts in two: what those about one medium begin with alike, its medium with it, and what follows in each.

    Args:
        prompts: each ends with text. Media are the same where their features are one tensor.
        media: ids that stand for them.

    Returns:
        The beginnings, which of them each prompt has, and what follows. A prompt that shares its medium with no other is
        parted behind it; what stands before a text alone may be empty.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, prompt in enumerate(prompts):
        last = max((place for place, token in enumerate(prompt.ids) if token in media), default=-1)
        about = tuple(prompt.ids[: last + 1]), id(prompt.features), *map(id, prompt.sounds)
        groups.setdefault(about, []).append(number)
    begun: list[Prompt] = []
    rows, after = [0] * len(prompts), list(prompts)
    for (own, *_), group in groups.items():
        alike = commonprefix([prompts[number].ids[:-1] for number in group])  # noqa: RUF071 (of tokens)
        ids = list(alike if len(group) > 1 else own)  # type: ignore[call-overload]
        for number in group:
            rows[number], after[number] = len(begun), Prompt(prompts[number].ids[len(ids) :], None)
        begun.append(replace(prompts[group[0]], ids=ids))
    return begun, rows, after
