"""Go on from the last complete checkpoint: the host takes the highest number, and forgets a LoRA run's projector."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from unittest import mock

import torch
import transformers
from torch.utils.data import Sampler
from transformers import Trainer, TrainerCallback

from emobench_data.io.errors import InputError

from ..checkpoints.folders import PREFIX, ranks_of
from ..checkpoints.load import projector_tensors
from ..compat.config import before_5
from ..compat.zero3 import one_dtype
from .masters import float32_while_trained
from .progress import show_loss
from .ranks import from_first
from .saving import LogAtCheckpoints, complete_checkpoints, tuned_part

logger = logging.getLogger(__name__)


class _NothingLeft(Exception):
    """The checkpoint is the one of the last step."""


class _StopAtTheEnd(TrainerCallback):
    # transformers takes one step more when it resumes from the checkpoint of the last step.
    def on_step_begin(self, args, state, control, **_):
        if state.global_step >= state.max_steps:
            raise _NothingLeft


def last_complete(run: Path) -> Path | None:
    """The newest complete checkpoint of a run, or None; says which folders it passes over."""
    complete = complete_checkpoints(run)
    skipped = sorted(path.name for path in set(run.glob(f"{PREFIX}*")) - set(complete))
    if skipped:
        logger.warning("%s: not complete, passed over: %s", run, ", ".join(skipped))
    return complete[-1] if complete else None


def train_from_last_complete(host_train: Callable) -> Callable:
    """Wrap the trainer's `train`: `resume_from_checkpoint=True` means the last complete checkpoint, or the start.

    The first rank decides for all; another may have looked into the folder a moment earlier.
    """

    def train(self, resume_from_checkpoint=None, **kwargs):
        resume_from_checkpoint = from_first(lambda: _begin(self, resume_from_checkpoint))
        one_dtype(self.model)
        self.add_callback(LogAtCheckpoints())
        self.add_callback(_StopAtTheEnd())
        show_loss(self)
        strict = tuned_part(self.args) == "full"
        loading = mock.patch.object(transformers.trainer, "deepspeed_load_checkpoint", _deepspeed_load(strict))
        with loading, float32_while_trained(self):
            try:
                return host_train(self, resume_from_checkpoint=resume_from_checkpoint, **kwargs)
            except _NothingLeft:
                logger.info("%s is the last step's; nothing is left to train", resume_from_checkpoint)

    return train


def _begin(trainer, asked: str | bool | None) -> str | None:
    """The checkpoint to begin from.

    Raises:
        InputError: DeepSpeed cannot go on from it with as many ranks as there are.
    """
    if asked is not True:
        return asked or None
    found = last_complete(Path(trainer.args.output_dir))
    logger.info("resuming from %s", found or "the start, there is no complete checkpoint")
    if found is None:
        return None
    ranks, now = ranks_of(found), trainer.args.world_size
    if trainer.is_deepspeed_enabled and ranks not in (None, now):
        way_out = f"start it with {ranks} again, or name another --output_dir"
        raise InputError(f"{found} was written by {ranks} ranks, and DeepSpeed cannot go on from it with {now}; {way_out}")
    return str(found)


class SeededByEpoch(Sampler):
    """A sampler's order as a function of seed and epoch alone, the same on every rank and after every resume.

    LLaVA's grouping by modality, and transformers 4 without it, draw from the global generator, which dropout moves on from
    rank to rank differently, and whose state at the begin of the epoch a resumed run does not know.
    """

    def __init__(self, trainer, sampler: Sampler) -> None:
        self.trainer, self.sampler = trainer, sampler

    def __len__(self) -> int:
        return len(cast(Sized, self.sampler))

    def __iter__(self) -> Iterator[int]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.trainer.args.seed + int(self.trainer.state.epoch or 0))
            order = list(self.sampler)
        return iter(order)


def repeatable_order(host_sampler: Callable) -> Callable:
    """Wrap the trainer's `_get_train_sampler`; the plain sampler of transformers 5 is repeatable as it is."""

    def _get_train_sampler(self, *args, **kwargs):
        sampler = host_sampler(self, *args, **kwargs)
        grouped = getattr(self.args, "group_by_modality_length", False)
        return SeededByEpoch(self, sampler) if grouped or before_5() else sampler

    return _get_train_sampler


def _deepspeed_load(strict: bool) -> Callable:
    def deepspeed_load_checkpoint(engine, checkpoint, **_):
        # Not strict where the checkpoint leaves out frozen weights; these come from the base model.
        loaded, _state = engine.load_checkpoint(str(checkpoint), load_module_strict=strict)
        if loaded is None:
            raise InputError(f"{checkpoint}: DeepSpeed cannot resume from it; was it trained without --deepspeed?")

    return deepspeed_load_checkpoint


def load_what_was_tuned(_host_load: Callable) -> Callable:
    """Replace the trainer's `_load_from_checkpoint` (without DeepSpeed): strict for what was trained beside LoRA."""

    def _load_from_checkpoint(self, resume_from_checkpoint, model=None):
        model, folder, part = model or self.model, Path(resume_from_checkpoint), tuned_part(self.args)
        if part != "projector":
            Trainer._load_from_checkpoint(self, resume_from_checkpoint, model)
        if part != "full":
            name = "mm_projector.bin" if part == "projector" else "non_lora_trainables.bin"
            _load_beside_lora(model, folder / name)
        if not projector_tensors(folder):
            raise InputError(f"{folder} holds no projector; it cannot be resumed")

    return _load_from_checkpoint


def _load_beside_lora(model: torch.nn.Module, file: Path) -> None:
    if not file.is_file():
        raise InputError(f"{file} does not exist; was the run started with another tuning?")
    state = torch.load(file, map_location="cpu", weights_only=True)
    wanted = {name for name, value in model.named_parameters() if value.requires_grad and "lora_" not in name}
    missing, unexpected = sorted(wanted - set(state)), sorted(set(state) - wanted)
    if missing or unexpected:
        raise InputError(f"{file}: missing keys {missing or 'none'}, unexpected keys {unexpected or 'none'}")
    model.load_state_dict(state, strict=False)


@contextmanager
def only_writer(run: Path, rank: int) -> Iterator[None]:
    """Hold the run's folder while training writes to it; a training left over from a killed launcher holds it too.

    Raises:
        InputError: another training holds it.
    """
    if rank != 0:
        yield
        return
    run.mkdir(parents=True, exist_ok=True)
    with open(run / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{run}: another training writes there; wait for it or end it") from None
        yield
