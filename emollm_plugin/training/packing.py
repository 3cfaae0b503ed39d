"""A batch in fewer, fuller rows: what all samples begin with is read once a row, and there is hardly any padding.

EmoPrompt's guidance stands before every sample, the question before every text, and a batch is padded to its longest. Each
sample attends to the common beginning of its row and to itself, at the positions that it had, so that value and gradients are
those of the padded batch (our own; only dropout in the common beginning is drawn once a row).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..compat.config import before_5

# A token costs the linear layers of a small model what attention to about so many others costs.
TOKEN = 1000
# Columns of embeddings by which samples are put in order; whether two begin alike is read off all of them.
SORTED_BY = 4


class Row(NamedTuple):
    """Samples side by side, by their numbers in the batch, behind the `alike` tokens that all of them begin with."""

    alike: int
    own: list[int]


class Packed(NamedTuple):
    """What the base model takes: `inputs_embeds` (R, L, C), `attention_mask` (R, 1, L, L) and `position_ids` (R, L).

    `places` (B, N) says where each token of the batch went in the rows laid end to end; of padding, anything.
    """

    inputs_embeds: Tensor
    attention_mask: Tensor
    position_ids: Tensor
    places: Tensor

    def at(self, hidden: Tensor, wanted: Tensor) -> Tensor:
        """Of the model's output (R, L, C) what belongs to the `wanted` (B, N) tokens of the batch, (T, C) in their order."""
        return hidden.flatten(0, 1)[self.places[wanted].to(hidden.device)]


def packable(model: Any, inputs: dict[str, Any]) -> bool:
    """Whether a batch may be packed: the model's attention takes any mask, and sees no less than all that came before.

    PyTorch's fused attention does so in transformers 5; FlashAttention has other ways against padding.
    """
    embeddings, config = inputs.get("inputs_embeds"), model.config
    if embeddings is None or set(inputs) - {"inputs_embeds", "attention_mask"} or before_5():
        return False
    window = getattr(config, "sliding_window", None)
    unseen = window is not None and embeddings.shape[1] > window
    return len(embeddings) > 1 and getattr(config, "_attn_implementation", None) == "sdpa" and not unseen


def pack(embeddings: Tensor, attention_mask: Tensor | None = None) -> Packed:
    """Lay the samples of a batch (B, N, C), `attention_mask` (B, N), side by side, in the rows of `share_out`."""
    kept = torch.ones(embeddings.shape[:2], dtype=torch.bool) if attention_mask is None else attention_mask.bool().cpu()
    samples = [torch.nonzero(own).flatten().tolist() for own in kept]
    order = in_order(embeddings, samples)
    rows = share_out([len(own) for own in samples], order, common_beginnings(embeddings, samples, order))
    longest = max(row.alike + sum(len(samples[number]) - row.alike for number in row.own) for row in rows)
    source = torch.zeros(len(rows), longest, dtype=torch.long)  # in the batch, laid end to end
    owner = torch.full((len(rows), longest), -1)  # 0 for the common beginning, then a number for each sample, -1 for nothing
    positions = torch.zeros(len(rows), longest, dtype=torch.long)
    places = torch.zeros(embeddings.shape[:2], dtype=torch.long)
    width = embeddings.shape[1]
    for index, (alike, own) in enumerate(rows):
        source[index, :alike] = torch.tensor(samples[own[0]][:alike]) + own[0] * width
        owner[index, :alike], positions[index, :alike] = 0, torch.arange(alike)
        end = alike
        for number in own:
            tokens = torch.tensor(samples[number], dtype=torch.long)
            begin, end = end, end + len(tokens) - alike
            source[index, begin:end] = tokens[alike:] + number * width
            owner[index, begin:end], positions[index, begin:end] = number + 1, torch.arange(alike, len(tokens))
            places[number, tokens[:alike]] = index * longest + torch.arange(alike)
            places[number, tokens[alike:]] = index * longest + torch.arange(begin, end)
    device = embeddings.device
    rows_of = embeddings.flatten(0, 1)[source.to(device)]
    return Packed(rows_of, block_mask(owner)[:, None].to(device), positions.to(device), places.to(device))


def in_order(embeddings: Tensor, samples: list[list[int]]) -> list[int]:
    """The samples in an order in which those that begin alike stand together, by a few columns of (B, N, C)."""
    few = embeddings.detach()[..., :SORTED_BY].float().cpu().tolist()
    keys = [[tuple(few[number][place]) for place in own] for number, own in enumerate(samples)]
    return sorted(range(len(samples)), key=keys.__getitem__)


def common_beginnings(embeddings: Tensor, samples: list[list[int]], order: list[int]) -> list[int]:
    """How many tokens each sample in `order`, after the first, begins with as the one before, by their embeddings (B, N, C)."""
    counts = []
    with torch.no_grad():
        for one, other in pairwise(order):
            shortest = min(len(samples[one]), len(samples[other]))
            same = embeddings[one, samples[one][:shortest]] == embeddings[other, samples[other][:shortest]]
            counts.append(same.all(-1).cumprod(0).sum())
    return torch.stack(counts).tolist() if counts else []


def share_out(lengths: list[int], order: list[int], alike: list[int], token: int = TOKEN) -> list[Row]:
    """Which samples go into which row, so that all rows together cost least: few tokens, and no row too long.

    Attention grows with the square of a row. Two ways are tried for each number of rows: with what all begin with, the longest
    sample first and each into the row that is shortest so far; and in `order`, each row with what its own samples begin with.

    Args:
        lengths: of the samples.
        order: of the samples, those that begin alike together.
        alike: how many tokens each in `order`, after the first, has in common with the one before.
        token: what a token costs beside attention, in tokens that are attended to.
    """
    ways = []
    for count in range(1, len(lengths) + 1):
        for rows in (_evenly(lengths, min(alike, default=0), count), _in_turn(lengths, order, alike, count)):
            longest = max(row.alike + sum(lengths[number] - row.alike for number in row.own) for row in rows)
            ways.append((len(rows) * longest * (token + longest), rows))
    return min(ways)[1]


def _evenly(lengths: list[int], alike: int, count: int) -> list[Row]:
    rows = [Row(alike, []) for _ in range(count)]
    filled = [alike] * count
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        shortest = filled.index(min(filled))
        rows[shortest].own.append(number)
        filled[shortest] += lengths[number] - alike
    return rows


def _in_turn(lengths: list[int], order: list[int], alike: list[int], count: int) -> list[Row]:
    """In `order`, rows as long as `count` even ones would be if no beginning were read twice; it takes that many or more."""
    tokens = lengths[order[0]] + sum(lengths[number] - same for number, same in zip(order[1:], alike))
    room = max(*lengths, tokens // count)
    rows = [Row(lengths[order[0]], [order[0]])]
    for number, same in zip(order[1:], alike):
        common, own = min(rows[-1].alike, same), [*rows[-1].own, number]
        if common + sum(lengths[one] - common for one in own) <= room:
            rows[-1] = Row(common, own)
        else:
            rows.append(Row(lengths[number], [number]))
    return rows


def block_mask(owner: Tensor) -> Tensor:
    """Who sees whom: what came before of the own sample and of the common beginning; (R, L) -> (R, L, L).

    What is nothing sees itself: over no key at all a softmax has no value.
    """
    length = owner.shape[1]
    own = (owner[:, :, None] == owner[:, None, :]) | ((owner[:, None, :] == 0) & (owner[:, :, None] > 0))
    seen = own & (owner[:, None, :] >= 0) & torch.ones(length, length, dtype=torch.bool).tril()
    return seen | torch.eye(length, dtype=torch.bool)
