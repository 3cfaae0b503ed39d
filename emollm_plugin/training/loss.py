"""The host's training loss, with logits made only where a label stands.

A LLaVA sample has a few answer tokens among hundreds of visual and question tokens; the host makes logits over the
whole vocabulary for all of them, and a float32 copy for the loss. The value is the same, memory and time are not. Where there
are many all the same, a part of the labels is done at a time, and its logits are made once more for the gradient.

The host's is a mean over each micro-batch, so that what a word weighs depends on how a batch is cut: beside a rationale of
sixty tokens a label of three weighs 0.05, in a micro-batch of its own 0.5. Here it is a sum over the labels, divided by how
many the whole step has, over all its micro-batches and ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from transformers.modeling_outputs import CausalLMOutputWithPast

from ..prompt.encode import IGNORE_INDEX
from .packing import pack, packable

LOGITS = 2**27  # numbers that are there at a time; beside each stand its log-softmax and its gradient


@dataclass
class AnswerLoss(CausalLMOutputWithPast):
    """A loss, and `each`: that of every label that is learned, in their order, (T,), without gradient."""

    each: Tensor | None = None


def answer_loss(model: Any, labels: Tensor, items: Tensor | float | None = None, **inputs: Any) -> AnswerLoss:
    """The cross entropy over the labels of a batch.

    Args:
        model: a LLaVA causal model.
        labels: (B, N), `IGNORE_INDEX` where nothing is learned.
        items: what the sum over the labels is divided by; None for a mean over this batch.
        inputs: what its base model takes, without images.
    """
    learned = labels[:, 1:] != IGNORE_INDEX
    each = _losses(model, _read_at(model, inputs, F.pad(learned, (0, 1))), labels[:, 1:][learned])
    return AnswerLoss(loss=each.mean() if items is None else each.sum() / items, each=each.detach())


def _losses(model: Any, hidden: Tensor, wanted: Tensor) -> Tensor:
    """The loss of each label (T,), of the base model's output there, (T, C)."""
    parts = min(-(-len(wanted) * model.config.vocab_size // LOGITS), len(wanted))
    # Under ZeRO-3 ranks gather the weights together, and they may have different numbers of labels.
    if parts <= 1 or is_deepspeed_zero3_enabled():
        return _losses_of_part(model, hidden, wanted)
    pairs = zip(hidden.tensor_split(parts), wanted.tensor_split(parts))
    return torch.cat([checkpoint(_losses_of_part, model, *pair, use_reentrant=False) for pair in pairs])


def _losses_of_part(model: Any, hidden: Tensor, wanted: Tensor) -> Tensor:
    logits = logits_of(model, hidden)
    return F.cross_entropy(logits, wanted.to(logits.device), reduction="none")


def _read_at(model: Any, inputs: dict[str, Any], wanted: Tensor) -> Tensor:
    """The base model's output at the `wanted` (B, N) tokens of a batch, (T, C)."""
    if not packable(model, inputs):
        hidden = model.get_model()(use_cache=False, **inputs)[0]
        return hidden[wanted.to(hidden.device)]
    packed = pack(inputs["inputs_embeds"], inputs.get("attention_mask"))
    rows = {"inputs_embeds": packed.inputs_embeds, "attention_mask": packed.attention_mask, "position_ids": packed.position_ids}
    return packed.at(model.get_model()(use_cache=False, **rows)[0], wanted.to(packed.places.device))


def logits_of(model: Any, hidden: Tensor) -> Tensor:
    """Logits in float32 over the vocabulary, of the base model's output: (..., C) -> (..., V)."""
    logits = model.lm_head(hidden)
    cap = getattr(model.config, "final_logit_softcapping", None)
    if cap is not None:  # Gemma 2
        logits = torch.tanh(logits / cap) * cap
    return logits.float()
