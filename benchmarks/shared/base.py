"""The base model of a comparison, loaded once: with each template, and the places of its words."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from emollm_plugin.alignment.align import Words, words_of
from emollm_plugin.checkpoints.load import check_folder
from emollm_plugin.prompt.formats import load_tokenizer

from .language import LanguageModel


class Base:
    """A base model by its folder, frozen in `dtype`.

    Raises:
        InputError: it is no model folder.
    """

    def __init__(self, path: str, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        check_folder(path)
        self.path, self.device, self.dtype = path, device, dtype
        self._models: dict[str, LanguageModel] = {}
        self._words: dict[tuple[str, ...], Words] = {}

    def model(self, template: str) -> LanguageModel:
        """The model that is asked by a template; one set of weights for all of them."""
        if template not in self._models:
            from llava.conversation import conv_templates
            from transformers import AutoModelForCausalLM

            model = (
                next(iter(self._models.values())).model
                if self._models
                else AutoModelForCausalLM.from_pretrained(self.path, torch_dtype=self.dtype).to(self.device)
            )
            self._models[template] = LanguageModel(model, load_tokenizer(self.path), conv_templates[template])
        return self._models[template]

    def words(self, labels: Sequence[str]) -> Words:
        """Where labels lie among the model's words."""
        own = tuple(sorted(set(labels)))
        if own not in self._words:
            self._words[own] = words_of(self.path, own, self.device)
        return self._words[own]
