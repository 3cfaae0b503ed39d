"""The frozen language model that every arm is asked through: the likeliest option of each question."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from emollm_plugin.alignment.frozen import Frozen, Sample
from emollm_plugin.compat.cache import pick_rows
from emollm_plugin.evaluation.decode import option_probabilities
from emollm_plugin.evaluation.reader import Prompt, Reader
from emollm_plugin.loss import answer_loss
from emollm_plugin.prompt.encode import IGNORE_INDEX

from .data import Item


class Asked(Frozen):
    """A language model that is not trained, with one template, and what it answers."""

    def __init__(self, model, tokenizer, conv) -> None:
        super().__init__(model, tokenizer, conv)
        self.reader = Reader(self.llava, self.prompter.image_token)
        self._prefix: tuple[list[int], object] = ([], None)

    def loss(self, visual: Tensor, samples: Sequence[Sample]) -> Tensor:
        """The same loss; what stands before the pictures is alike in all samples and is read once for all trainings."""
        place = samples[0].ids.index(self.prompter.image_token)
        ids = pad_sequence([torch.tensor(each.ids[place + 1 :]) for each in samples], batch_first=True)
        labels = [torch.tensor(each.labels[place + 1 :]) for each in samples]
        labels = pad_sequence(labels, batch_first=True, padding_value=IGNORE_INDEX).to(visual.device)
        labels = torch.cat([labels.new_full(visual.shape[:2], IGNORE_INDEX), labels], dim=1)
        words = self.embed(ids.to(visual.device))
        embeddings = torch.cat([visual.to(words.dtype), words], dim=1)
        positions = torch.arange(place, place + embeddings.shape[1], device=visual.device)[None]
        # Padding stands at the end, where nothing that counts sees it.
        return answer_loss(
            self.llava, labels, inputs_embeds=embeddings, position_ids=positions,
            past_key_values=self._read(samples[0].ids[:place], len(samples)),
        ).loss  # fmt: skip

    @torch.inference_mode()
    def answers(self, visual: Tensor, items: Sequence[Item]) -> list[str]:
        """The likeliest option of each question."""
        prompts = [Prompt(self.prompter.question_ids(item.text, image=True), own) for item, own in zip(items, visual)]
        options = [[self.prompter.answer_ids(option) for option in item.options] for item in items]
        shares = option_probabilities(self.reader, self.reader.read(prompts), options)
        return [item.options[row.index(max(row))] for item, row in zip(items, shares)]

    def _read(self, ids: list[int], rows: int):
        if ids != self._prefix[0]:
            with torch.no_grad():
                tokens = torch.tensor([ids], device=self.model.device)
                self._prefix = (ids, self.model.model(input_ids=tokens, use_cache=True).past_key_values)
        return pick_rows(self._prefix[1], torch.zeros(rows, dtype=torch.long, device=self.model.device))
