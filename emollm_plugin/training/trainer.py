"""The trainer that stands in the place of LLaVA's: what it saves is complete, what it resumes is what was saved.

llava 1.2.2 writes LoRA checkpoints without the projector and projector checkpoints without the trainer's state, takes the
highest `checkpoint-*` for the last, half-written ones too, and calls transformers' trainer as it was in 4.37.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer

from ..checkpoints.notes import note_records
from ..compat.accumulate import WholeSteps, counts_labels
from ..compat.config import before_5
from ..compat.trainer import tokenizer_argument, without_empty_groups
from ..compat.zero3 import one_dtype, own_storage
from ..media.clips import note_clips
from .by_question import ByQuestion, question_of
from .by_task import TASKS, LossByTask
from .finite import FiniteLoss
from .master_weights import float32_while_trained
from .pace import Pace, openings, peak_memory
from .progress import show_loss
from .ranks import from_first
from .resume import NothingLeft, SeededByEpoch, StopAtTheEnd, WholeEpochs, first_checkpoint, load_what_was_tuned, logger
from .save_by_time import SaveByTime
from .saving import LogAtCheckpoints, WithoutFrozen, checkpoint_in_one_piece, trainable_state, tuned_part, write_tuned

# At run time transformers' trainer, and LLaVA's between; to a reader of types, anything.
Host: Any = Trainer


class EmoTraining(Host):
    """What `emo_trainer` puts before a host's trainer; `super()` is that one."""

    model_wrapped: Any
    _staging: Path | None = None  # where a checkpoint is being written

    def __init__(self, *args: Any, tokenizer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **tokenizer_argument(tokenizer), **kwargs)
        self._pace, self._by_task, self._finite = Pace(), LossByTask(), FiniteLoss()

    def train(self, resume_from_checkpoint: str | bool | None = None, **kwargs: Any) -> Any:
        """As transformers'; `resume_from_checkpoint=True` means the last complete checkpoint, or the start.

        The first rank decides for all; another may have looked into the folder a moment earlier.
        """
        begin = from_first(lambda: first_checkpoint(self, resume_from_checkpoint))
        note_records(self.model.config, self.train_dataset)
        note_clips(self.model.config, self.train_dataset)
        one_dtype(self.model)
        for callback in (SaveByTime(), LogAtCheckpoints(), StopAtTheEnd(), WholeEpochs()):
            self.add_callback(callback)
        show_loss(self)
        with float32_while_trained(self):
            try:
                return super().train(resume_from_checkpoint=begin, **kwargs)
            except NothingLeft:
                logger.info("%s is the last step's; nothing is left to train", begin)

    def get_batch_samples(self, epoch_iterator: Iterator, *args: Any, **kwargs: Any) -> Any:
        """As transformers' since 4.46; the time that it waits for batches is noted."""
        batches, items = super().get_batch_samples(self._pace.waiting(epoch_iterator), *args, **kwargs)
        self._pace.count(batches)
        return batches, items

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As transformers'."""
        if not counts_labels(Trainer):
            self._pace.count([inputs])
        return super().training_step(model, inputs, *args, **kwargs)

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
        """As transformers'; of a batch that names the sub-tasks of its samples, their losses are noted, and if it is finite."""
        tasks = inputs.get(TASKS)
        taken = {name: value for name, value in inputs.items() if name != TASKS}
        loss, outputs = super().compute_loss(model, taken, return_outputs=True, **kwargs)
        if self.model.training:
            self._finite.note(loss)
        if tasks and self.model.training:
            self._by_task.add(tasks, inputs["labels"], outputs["each"])
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """As transformers', with how fast training goes beside its loss; raises `InputError` where that is not finite."""
        self._finite.check(self.state.global_step)
        if "loss" in logs:
            figures = self._pace.figures(self.args.world_size)
            if not counts_labels(Trainer):  # nobody has seen it wait
                figures.pop("waiting_for_data", None)
            logs = {**logs, **figures, "peak_memory_gb": peak_memory(), **openings(self.model)}
            logs |= self._by_task.figures()
        super().log(logs, *args, **kwargs)

    def evaluate(self, *args, **kwargs):
        """As transformers', which draws from the generator: how often one looks would change what is trained after it."""
        with torch.random.fork_rng(devices=[]):
            return super().evaluate(*args, **kwargs)

    def _get_train_sampler(self, *_):
        # transformers hands over the data set since 4.57; the host's takes none. Its plain sampler is repeatable in 5.
        by_question = getattr(self.args, "group_by_question", False)
        grouped = by_question or getattr(self.args, "group_by_modality_length", False)
        if by_question:
            questions = list(map(question_of, self.train_dataset.list_data_dict))
            sampler: Any = ByQuestion(questions, self.args.train_batch_size)
        else:
            sampler = super()._get_train_sampler()
        return SeededByEpoch(self, sampler) if grouped or before_5() else sampler

    def create_optimizer(self, *args, **kwargs):
        """The host's, without its empty groups."""
        return without_empty_groups(super().create_optimizer(*args, **kwargs))

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """As transformers'; with frozen weights it writes what LLaVA's loader needs beside the base model.

        `config.json`, the tokenizer, and `mm_projector.bin` for the projector alone, or the adapter with
        `non_lora_trainables.bin` for LoRA.
        """
        part = tuned_part(self.args)
        if part == "full":
            super().save_model(output_dir, _internal_call=_internal_call)
            return
        state = trainable_state(self.model)
        if self.args.should_save:
            write_tuned(self, Path(output_dir or self.args.output_dir), part, state)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        # transformers' own: the host's asks by the name of its class what comes after it, and that name is ours now.
        Trainer._save(self, output_dir, own_storage(state_dict))

    def _save_checkpoint(self, model: Any, trial: Any = None, metrics: Any = None) -> None:
        # transformers' own: the host's leaves out everything but the projector when that is tuned alone, and hands
        # `metrics` to a method that takes none since 4.47.
        with checkpoint_in_one_piece(self) as self._staging:
            Trainer._save_checkpoint(self, model, trial)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._staging) if self._staging else super()._get_output_dir(trial)

    def _save_optimizer_and_scheduler(self, output_dir: Any) -> None:
        engine = self.model_wrapped
        if self.is_deepspeed_enabled and tuned_part(self.args) != "full":
            self.model_wrapped = WithoutFrozen(engine)
        try:
            super()._save_optimizer_and_scheduler(output_dir)
        finally:
            self.model_wrapped = engine

    def _load_from_checkpoint(self, resume_from_checkpoint: Any, model: Any = None) -> None:
        # Without DeepSpeed. The base of an adapter, or of a projector alone, is there already.
        if tuned_part(self.args) != "projector":
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        load_what_was_tuned(model or self.model, Path(resume_from_checkpoint), tuned_part(self.args))


def emo_trainer(host: type[Trainer]) -> type[Trainer]:
    """A subclass of `LLaVATrainer` with all of this before what that does."""
    bases = (EmoTraining, host) if counts_labels(host) else (EmoTraining, WholeSteps, host)
    return type("EmoTrainer", bases, {"__module__": host.__module__, "__doc__": EmoTraining.__doc__})
