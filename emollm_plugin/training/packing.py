"""A batch in fewer, fuller rows: what all samples begin with is read once a row, and there is hardly any padding.

EmoPrompt's guidance stands before every sample, and a batch is padded to its longest. Each sample attends to the common
beginning and to itself, at the positions that it had, so that value and gradients are those of the padded batch (our own; only
dropout in the common beginning is drawn once a row).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..compat.config import before_5

# A token costs the linear layers of a small model what attention to about so many others costs.
TOKEN = 1000


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
    alike = common_beginning(embeddings, samples)
    rows = share_out([len(own) - alike for own in samples], alike)
    longest = max(alike + sum(len(samples[number]) - alike for number in own) for own in rows)
    source = torch.zeros(len(rows), longest, dtype=torch.long)  # in the batch, laid end to end
    owner = torch.full((len(rows), longest), -1)  # 0 for the common beginning, then a number for each sample, -1 for nothing
    positions = torch.zeros(len(rows), longest, dtype=torch.long)
    places = torch.zeros(embeddings.shape[:2], dtype=torch.long)
    width = embeddings.shape[1]
    for index, own in enumerate(rows):
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


def common_beginning(embeddings: Tensor, samples: list[list[int]]) -> int:
    """How many tokens all samples begin with, by their embeddings (B, N, C)."""
    shortest = min(map(len, samples))
    first = torch.tensor([own[:shortest] for own in samples], device=embeddings.device)
    with torch.no_grad():
        begun = embeddings.gather(1, first[..., None].expand(-1, -1, embeddings.shape[-1]))
        same = (begun == begun[:1]).all(-1).all(0)
    return int(same.cumprod(0).sum())


def share_out(lengths: list[int], alike: int, token: int = TOKEN) -> list[list[int]]:
    """Which samples go into which row, so that all rows together cost least: few tokens, and no row too long.

    Attention grows with the square of a row. The longest sample goes first, each into the row that is shortest so far.

    Args:
        lengths: of the samples, without the `alike` tokens that every row begins with.
        token: what a token costs beside attention, in tokens that are attended to.
    """
    ways = []
    for count in range(1, len(lengths) + 1):
        rows: list[list[int]] = [[] for _ in range(count)]
        filled = [alike] * count
        for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
            shortest = filled.index(min(filled))
            rows[shortest].append(number)
            filled[shortest] += lengths[number]
        longest = max(filled)
        ways.append((count * longest * (token + longest), rows))
    return min(ways)[1]


def block_mask(owner: Tensor) -> Tensor:
    """Who sees whom: what came before of the own sample and of the common beginning; (R, L) -> (R, L, L).

    What is nothing sees itself: over no key at all a softmax has no value.
    """
    length = owner.shape[1]
    own = (owner[:, :, None] == owner[:, None, :]) | ((owner[:, None, :] == 0) & (owner[:, :, None] > 0))
    seen = own & (owner[:, None, :] >= 0) & torch.ones(length, length, dtype=torch.bool).tril()
    return seen | torch.eye(length, dtype=torch.bool)
