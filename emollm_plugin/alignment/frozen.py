"""A frozen language model that gives the loss of answers to pictures, from visual tokens alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..evaluation.prompts import Prompter
from ..loss import answer_loss
from ..prompt.encode import IGNORE_INDEX, encode


class Sample(NamedTuple):
    """Token ids of a training conversation and its labels, as the plug-in encodes them."""

    ids: list[int]
    labels: list[int]


class Frozen:
    """A language model that is not trained, with one template.

    Args:
        model: a causal language model of transformers.
        tokenizer: its own.
        conv: a host `Conversation` without turns.
    """

    def __init__(self, model, tokenizer, conv) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokenizer, self.prompter = tokenizer, Prompter(conv, tokenizer)
        # What the plug-in's loss and reader ask of a LLaVA model.
        self.llava = SimpleNamespace(
            get_model=lambda: model.base_model, lm_head=model.get_output_embeddings(), config=model.config,
            device=model.device,
        )  # fmt: skip
        self.embed = model.get_input_embeddings()

    @property
    def width(self) -> int:
        """Of the visual tokens."""
        return self.model.config.hidden_size

    def sample(self, text: str, answer: str) -> Sample:
        """A training sample of a question on a picture, as the launcher writes it."""
        from llava.mm_utils import tokenizer_image_token

        turns = [{"from": "human", "value": f"<image>\n{text}"}, {"from": "gpt", "value": answer}]
        return Sample(*encode(self.prompter.conv, turns, self.tokenizer,
                              lambda part: tokenizer_image_token(part, self.tokenizer)))  # fmt: skip

    def loss(self, visual: Tensor, samples: Sequence[Sample]) -> Tensor:
        """Mean cross entropy over the labels of a batch, whose visual tokens are (B, N, C)."""
        embeddings, labels = [], []
        for own, sample in zip(visual, samples):
            place = sample.ids.index(self.prompter.image_token)
            words = self.embed(torch.tensor(sample.ids[:place] + sample.ids[place + 1 :], device=own.device))
            embeddings.append(torch.cat([words[:place], own.to(words.dtype), words[place:]]))
            labels.append(torch.tensor(
                sample.labels[:place] + [IGNORE_INDEX] * len(own) + sample.labels[place + 1 :], device=own.device
            ))  # fmt: skip
        # Padding stands at the end, where nothing that counts sees it.
        return answer_loss(
            self.llava, pad_sequence(labels, batch_first=True, padding_value=IGNORE_INDEX),
            inputs_embeds=pad_sequence(embeddings, batch_first=True),
        ).loss  # fmt: skip
