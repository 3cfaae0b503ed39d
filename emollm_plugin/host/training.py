"""The host's training script and its trainer."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from ..attach import replace, wrap


def on_train(module: ModuleType) -> None:
    from ..compat.names import base_by_content
    from ..media import clips as video
    from ..media.sound_samples import sound_samples
    from ..training.by_task import with_task
    from ..training.collate import padded_by_length
    from ..training.dataset import (
        cut_to_fit,
        of_checked_records,
        with_held_out,
        with_more_arguments,
        with_more_model_arguments,
        with_more_training_arguments,
        without_blanks,
    )
    from ..training.guard import guarded_train
    from ..training.lora_targets import chosen_targets

    replace(module, "ModelArguments", with_more_model_arguments)
    wrap(module.ModelArguments, "__init__", base_by_content)
    wrap(module.DataCollatorForSupervisedDataset, "__call__", padded_by_length)
    replace(module, "DataArguments", with_more_arguments)
    replace(module, "TrainingArguments", with_more_training_arguments)
    wrap(module, "make_supervised_data_module", with_held_out)
    wrap(module, "find_all_linear_names", chosen_targets)
    dataset = module.LazySupervisedDataset
    dataset.records = dataset.held_out = dataset.room = dataset.sounds = None
    wrap(dataset, "__init__", of_checked_records)
    seen = video.clip_samples
    wrap(dataset, "__getitem__", lambda host: with_task(cut_to_fit(sound_samples(without_blanks(seen(host, module)), module))))
    dataset.lengths = video.clips_count_as_pictures(dataset.lengths)
    dataset.modality_lengths = video.clips_count_as_pictures(dataset.modality_lengths)
    wrap(module, "preprocess", lambda host: _preprocess(host, module.conversation_lib, module.tokenizer_image_token))
    wrap(module, "train", lambda host: guarded_train(host, module))


def _preprocess(host_preprocess: Callable, conversation: ModuleType, tokenize: Callable) -> Callable:
    import torch

    from ..prompt.encode import encode, plain_turns
    from ..prompt.templates import is_ours

    def preprocess(sources, tokenizer, has_image=False):
        conv = conversation.default_conversation
        if not is_ours(conv):
            return host_preprocess([plain_turns(turns, tokenizer) for turns in sources], tokenizer, has_image=has_image)
        query = (lambda text: tokenize(text, tokenizer)) if has_image else (lambda text: tokenizer(text).input_ids)
        pairs = [encode(conv, turns, tokenizer, query) for turns in sources]
        return {
            "input_ids": [torch.tensor(ids, dtype=torch.long) for ids, _ in pairs],
            "labels": [torch.tensor(labels, dtype=torch.long) for _, labels in pairs],
        }

    return preprocess


def on_trainer(module: ModuleType) -> None:
    from ..training.trainer import emo_trainer

    replace(module, "LLaVATrainer", emo_trainer)
