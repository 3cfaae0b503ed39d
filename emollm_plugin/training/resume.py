"""Go on from the last complete checkpoint: the host takes the highest number, and forgets a LoRA run's projector."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any, cast

import torch
from torch.utils.data import Sampler
from transformers import TrainerCallback

from emobench_data.io.errors import InputError

from ..checkpoints.folders import PREFIX, ranks_of
from ..checkpoints.load import projector_tensors
from ..compat.config import before_5
from .saving import complete_checkpoints

logger = logging.getLogger(__name__)


class NothingLeft(Exception):
    """The checkpoint is the one of the last step."""


class StopAtTheEnd(TrainerCallback):
    """transformers takes one step more when it resumes from the checkpoint of the last step."""

    def on_step_begin(self, args, state, control, **_):
        if state.global_step >= state.max_steps:
            raise NothingLeft


class WholeEpochs(TrainerCallback):
    """transformers 4 counts an epoch at its steps alone: with batches left over for the next step it ends at 0.8, say.

    A resumed training begins with the epoch that transformers 4 counts by whole steps.
    """

    def on_train_begin(self, args, state, control, train_dataloader=None, **_):
        if before_5() and state.global_step and train_dataloader is not None:
            steps = max(len(train_dataloader) // args.gradient_accumulation_steps, 1)
            state.epoch = max(state.epoch, float(state.global_step // steps))

    def on_epoch_end(self, args, state, control, **_):
        state.epoch = float(ceil(state.epoch))


def last_complete(run: Path) -> Path | None:
    """The newest complete checkpoint of a run, or None; says which folders it passes over."""
    complete = complete_checkpoints(run)
    skipped = sorted(path.name for path in set(run.glob(f"{PREFIX}*")) - set(complete))
    if skipped:
        logger.warning("%s: not complete, passed over: %s", run, ", ".join(skipped))
    return complete[-1] if complete else None


def first_checkpoint(trainer: Any, asked: str | bool | None) -> str | None:
    """The checkpoint to begin from: that of `--resume_from_checkpoint` where the run has none of its own.

    Args:
        asked: a path, or True for the last complete checkpoint of the run.

    Raises:
        InputError: DeepSpeed cannot go on from it, or not with as many ranks as there are.
    """
    named = trainer.args.resume_from_checkpoint
    if isinstance(asked, str) or not (asked or named):
        return asked or None
    found = last_complete(Path(trainer.args.output_dir)) if asked else None
    found = found or (Path(named) if named else None)
    logger.info("resuming from %s", found or "the start, there is no complete checkpoint")
    if found is None:
        return None
    if trainer.is_deepspeed_enabled:
        _check_engines(found, trainer.args.world_size)
    return str(found)


def _check_engines(checkpoint: Path, now: int) -> None:
    ranks = ranks_of(checkpoint)
    if ranks not in (None, now):
        way_out = f"start it with {ranks} again, or name another --output_dir"
        raise InputError(f"{checkpoint} was written by {ranks} ranks, and DeepSpeed cannot go on from it with {now}; {way_out}")
    if not any(checkpoint.glob("global_step*")):
        raise InputError(f"{checkpoint}: DeepSpeed cannot resume from it; was it trained without --deepspeed?")


class SeededByEpoch(Sampler):
    """A sampler's order as a function of seed and epoch alone, the same on every rank and after every resume.

    LLaVA's grouping by modality, and transformers 4 without it, draw from the global generator, which dropout moves on from
    rank to rank differently, and whose state at the begin of the epoch a resumed run does not know.
    """

    def __init__(self, trainer: Any, sampler: Sampler) -> None:
        self.trainer, self.sampler = trainer, sampler

    def __len__(self) -> int:
        return len(cast(Sized, self.sampler))

    def __iter__(self) -> Iterator[int]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.trainer.args.seed + int(self.trainer.state.epoch or 0))
            order = list(self.sampler)
        return iter(order)


def load_what_was_tuned(model: torch.nn.Module, folder: Path, part: str) -> None:
    """Load what was trained beside an adapter, or the projector alone; raises `InputError` if anything of it is missing."""
    if part != "full":
        name = "mm_projector.bin" if part == "projector" else "non_lora_trainables.bin"
        _load_beside_lora(model, folder / name)
    if not projector_tensors(folder):
        raise InputError(f"{folder} holds no projector; it cannot be resumed")


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
