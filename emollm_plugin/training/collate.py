"""Samples of unequal length in one batch, padded by their lengths.

The host marks as padding every token that equals the tokenizer's pad token, after setting that to the unknown token:
with a tokenizer that has no unknown token it stops (Qwen), and where pad and end of answer are one token every end of
an answer is dropped from training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..prompt.encode import IGNORE_INDEX
from .by_task import TASKS


def padded_by_length(host_collate: Callable) -> Callable:
    """Replace `DataCollatorForSupervisedDataset.__call__`; beside the host's keys a batch may have `sounds` and `tasks`."""

    def __call__(self: Any, instances: Sequence[dict]) -> dict:
        limit = self.tokenizer.model_max_length
        ids = [instance["input_ids"][:limit] for instance in instances]
        labels = [instance["labels"][:limit] for instance in instances]
        # The padding's value is never read: masked positions are cut out before the embedding.
        padded = pad_sequence(ids, batch_first=True, padding_value=self.tokenizer.pad_token_id or 0)
        lengths = torch.tensor([len(each) for each in ids])
        batch: dict[str, Any] = {
            "input_ids": padded,
            "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORE_INDEX),
            "attention_mask": torch.arange(padded.shape[1]) < lengths[:, None],
        }
        if "image" in instances[0]:
            batch["images"] = _together([instance["image"] for instance in instances])
        sounds = [sound for instance in instances for sound in instance.get("sounds", ())]
        if sounds:
            batch["sounds"] = sounds
        if "task" in instances[0]:
            batch[TASKS] = [instance["task"] for instance in instances]
        return batch

    return __call__


def _together(images: list[Tensor]) -> Tensor | list[Tensor]:
    """Pictures (3, S, S), frames (T, 3, S, S), and of a text alone none, (0, 3, S, S).

    A batch of texts gets one blank picture, for the projector takes part in every step.
    """
    if not any(len(image) for image in images):
        images = [images[0].new_zeros(1, *images[0].shape[1:]), *images[1:]]
    same = all(image.shape == images[0].shape for image in images)
    return torch.stack(images) if same else images
