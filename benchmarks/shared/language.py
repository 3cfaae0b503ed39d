"""The language model: the loss of a batch, and what it answers, from visual tokens or text alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os.path import commonprefix
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from emollm_plugin.compat.cache import pick_rows
from emollm_plugin.evaluation.decode import SCORED_ROWS, option_probabilities
from emollm_plugin.evaluation.prompts import Prompter
from emollm_plugin.evaluation.reader import Prompt, Reader
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode
from emollm_plugin.training.loss import answer_loss

LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.05, "target_modules": "all-linear"}  # the launcher's


class Item(Protocol):
    """What is asked: its prompt text, its options, and the answer that is trained."""

    @property
    def text(self) -> str: ...

    @property
    def answer(self) -> str: ...

    @property
    def options(self) -> Sequence[str]: ...


class Sample(NamedTuple):
    """Token ids of a training conversation and its labels, as the plug-in encodes them."""

    ids: list[int]
    labels: list[int]


class LanguageModel:
    """A language model with one template, frozen but for an adapter while it has one.

    Args:
        model: a causal language model of transformers; visual tokens come to its number format.
        tokenizer: its own.
        conv: a host `Conversation` without turns.
    """

    def __init__(self, model, tokenizer, conv) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokenizer, self.prompter = tokenizer, Prompter(conv, tokenizer)
        # What the plug-in's loss and reader ask of a LLaVA model.
        self.llava = SimpleNamespace(
            get_model=lambda: model.model,
            lm_head=model.lm_head,
            config=model.config,
            generation_config=model.generation_config,
            device=model.device,
        )
        self.adapters: list[torch.nn.Parameter] = []
        # A small model keeps a GPU busy with launching kernels, so that one pass over more tokens beats two over fewer.
        self.wide = model.device.type == "cuda"
        self.asked, self.scored = (64, 512) if self.wide else (16, SCORED_ROWS)
        self.forget()

    @property
    def width(self) -> int:
        """Of the visual tokens."""
        return self.model.config.hidden_size

    @property
    def device(self) -> torch.device:
        return self.model.device

    @contextmanager
    def adapted(self, seed: int, lora: Mapping[str, Any] = LORA) -> Iterator[None]:
        """With a fresh LoRA adapter, whose parameters are `adapters`; taken out again at the end.

        Args:
            lora: what `peft.LoraConfig` takes.
        """
        torch.manual_seed(seed)
        wrapped = get_peft_model(self.model, LoraConfig(**lora))
        self.adapters = [value for value in wrapped.parameters() if value.requires_grad]
        self.forget()
        try:
            yield
        finally:
            wrapped.unload()
            self.adapters = []
            self.forget()

    def sample(self, item: Item, *, image: bool = True) -> Sample:
        """A training sample, as the launcher writes it."""
        from llava.mm_utils import tokenizer_image_token

        asked = f"<image>\n{item.text}" if image else item.text
        turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": item.answer}]
        return Sample(
            *encode(self.prompter.conv, turns, self.tokenizer, lambda text: tokenizer_image_token(text, self.tokenizer))
        )

    def loss(self, visual: Tensor | Sequence[Tensor] | None, samples: Sequence[Sample]) -> Tensor:
        """Mean cross entropy over the labels of a batch, whose visual tokens are (N, C) each, or None for text alone.

        What stands before the pictures, or what all texts begin with, is the same in all samples. Without an adapter it is read
        once for the whole training; with one, the batch is packed as the plug-in packs it.
        """
        place, embed = self._same(samples, visual is not None), self.model.model.embed_tokens
        before, rest = samples[0].ids[:place], place + (visual is not None)
        seen = [embed.weight[:0]] * len(samples) if visual is None else [own.to(self.model.dtype) for own in visual]
        words = embed(torch.tensor(before, dtype=torch.long, device=self.device)) if self.adapters else embed.weight[:0]
        rows, labels = [], []
        for own, sample in zip(seen, samples):
            rows.append(torch.cat([words, own, embed(torch.tensor(sample.ids[rest:], device=self.device))]))
            skipped = [IGNORE_INDEX] * (len(words) + len(own))
            labels.append(torch.tensor(skipped + sample.labels[rest:], device=self.device))
        # Padding stands at the end, where nothing that counts sees it.
        embeddings = pad_sequence(rows, batch_first=True)
        if self.adapters:
            lengths = torch.tensor([len(row) for row in rows], device=self.device)
            inputs = {"attention_mask": torch.arange(embeddings.shape[1], device=self.device) < lengths[:, None]}
        else:
            positions = torch.arange(place, place + embeddings.shape[1], device=self.device)[None]
            inputs = {"position_ids": positions, "past_key_values": self._read(before, len(samples))}
        wanted = pad_sequence(labels, batch_first=True, padding_value=IGNORE_INDEX)
        return answer_loss(self.llava, wanted, inputs_embeds=embeddings, **inputs).loss

    @torch.inference_mode()
    def answers(self, visual: Tensor | Sequence[Tensor], items: Sequence[Item]) -> list[str]:
        """The likeliest option of each question."""
        if self.adapters:  # they may have moved
            self.forget()
        prompts = [
            Prompt(self.prompter.question_ids(item.text, image=True), own.to(self.model.dtype))
            for item, own in zip(items, visual)
        ]
        options = [[self.prompter.answer_ids(option) for option in item.options] for item in items]
        shares = option_probabilities(self.reader, self.reader.read(prompts), options, self.scored)
        return [item.options[row.index(max(row))] for item, row in zip(items, shares)]

    def _same(self, samples: Sequence[Sample], pictured: bool) -> int:
        """How many tokens all samples begin with, before a picture or, of a text, its last token at most."""
        if pictured:
            return samples[0].ids.index(self.prompter.image_token)
        prompts = [each.ids[: _first_label(each.labels) - 1] for each in samples]
        return len(commonprefix(prompts))  # noqa: RUF071 (of lists, which have no folders)

    def _read(self, ids: list[int], rows: int):
        if ids != self._prefix[0]:
            with torch.no_grad():
                tokens = torch.tensor([ids], device=self.model.device)
                self._prefix = (ids, self.model.model(input_ids=tokens, use_cache=True).past_key_values)
        return pick_rows(self._prefix[1], torch.zeros(rows, dtype=torch.long, device=self.model.device))

    def forget(self) -> None:
        """Drop what was read with other weights."""
        self.reader = Reader(self.llava, self.prompter.image_token)
        self._prefix: tuple[list[int], object] = ([], None)


def _first_label(labels: Sequence[int]) -> int:
    return next(place for place, label in enumerate(labels) if label != IGNORE_INDEX)
