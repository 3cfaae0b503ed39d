"""The host's training script and its trainer."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from ..attach import replace, wrap


def on_train(module: ModuleType) -> None:
    from ..compat.names import base_by_content
    from ..media import clips as video
    from ..training.collate import padded_by_length
    from ..training.dataset import cut_to_fit, of_checked_records, with_more_arguments
    from ..training.guard import guarded_train

    wrap(module.ModelArguments, "__init__", base_by_content)
    wrap(module.DataCollatorForSupervisedDataset, "__call__", padded_by_length)
    replace(module, "DataArguments", with_more_arguments)
    dataset = module.LazySupervisedDataset
    dataset.records = dataset.room = None
    wrap(dataset, "__init__", of_checked_records)
    wrap(dataset, "__getitem__", lambda host: cut_to_fit(video.clip_samples(host, module)))
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
    from ..checkpoints import notes
    from ..compat.accumulate import whole_steps
    from ..compat.trainer import no_empty_groups
    from ..compat.zero3 import own_storage
    from ..media import clips as video
    from ..training import resume, saving

    cls = module.LLaVATrainer
    whole_steps(cls)
    wrap(cls, "_save", own_storage)
    wrap(cls, "create_optimizer", no_empty_groups)
    wrap(cls, "save_model", saving.save_what_was_tuned)
    wrap(cls, "_save_checkpoint", saving.save_in_one_piece)
    wrap(cls, "_load_from_checkpoint", resume.load_what_was_tuned)
    wrap(cls, "_get_train_sampler", resume.repeatable_order)
    wrap(cls, "train", lambda host: resume.train_from_last_complete(video.noting_its_clips(notes.noting_records(host))))
