"""The host's training loss, with logits made only where a label stands.

A LLaVA sample has a few answer tokens among hundreds of visual and question tokens; the host makes logits over the
whole vocabulary for all of them, and a float32 copy for the loss. The value is the same, memory and time are not.

The host's is a mean over each micro-batch, so that what a word weighs depends on how a batch is cut: beside a rationale of
sixty tokens a label of three weighs 0.05, in a micro-batch of its own 0.5. Here it is a sum over the labels, divided by how
many the whole step has, over all its micro-batches and ranks.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers.modeling_outputs import CausalLMOutputWithPast

from ..prompt.encode import IGNORE_INDEX


def answer_only_loss(host_forward: Callable) -> Callable:
    """Wrap the `forward` of a LLaVA causal model; outside training, or without labels, the host's own runs.

    In training it returns the loss of `answer_loss` and no logits.
    """

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        position_ids=None,
        past_key_values=None,
        inputs_embeds=None,
        labels=None,
        use_cache=None,
        output_attentions=None,
        output_hidden_states=None,
        images=None,
        image_sizes=None,
        return_dict=None,
        num_items_in_batch=None,
    ):
        if not self.training or labels is None or inputs_embeds is not None:
            return host_forward(
                self,
                input_ids,
                attention_mask,
                position_ids,
                past_key_values,
                inputs_embeds,
                labels,
                use_cache,
                output_attentions,
                output_hidden_states,
                images,
                image_sizes,
                return_dict,
            )
        input_ids, position_ids, attention_mask, past_key_values, inputs_embeds, labels = (
            self.prepare_inputs_labels_for_multimodal(
                input_ids, position_ids, attention_mask, past_key_values, labels, images, image_sizes
            )
        )
        return answer_loss(
            self,
            labels,
            num_items_in_batch,
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
        )

    return forward


def answer_loss(model, labels: Tensor, items: Tensor | float | None = None, **inputs) -> CausalLMOutputWithPast:
    """The cross entropy over the labels of a batch.

    Args:
        model: a LLaVA causal model.
        labels: (B, N), `IGNORE_INDEX` where nothing is learned.
        items: what the sum over the labels is divided by; None for a mean over this batch.
        inputs: what its base model takes, without images.
    """
    hidden = model.get_model()(use_cache=False, **inputs)[0]
    labels = labels[:, 1:].to(hidden.device)
    answers = labels != IGNORE_INDEX
    logits = logits_of(model, hidden[:, :-1][answers])
    if items is None:
        return CausalLMOutputWithPast(loss=F.cross_entropy(logits, labels[answers]))
    return CausalLMOutputWithPast(loss=F.cross_entropy(logits, labels[answers], reduction="sum") / items)


def logits_of(model, hidden: Tensor) -> Tensor:
    """Logits in float32 over the vocabulary, of the base model's output: (..., C) -> (..., V)."""
    logits = model.lm_head(hidden)
    cap = getattr(model.config, "final_logit_softcapping", None)
    if cap is not None:  # Gemma 2
        logits = torch.tanh(logits / cap) * cap
    return logits.float()
