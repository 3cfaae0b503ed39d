"""Checkpoints in mid-run that are complete, and that appear under their name only when they are.

LLaVA 1.2.2 writes LoRA checkpoints without the projector and projector checkpoints without the trainer's state, so
neither can be resumed or evaluated; and its auto-resume takes any `checkpoint-*` folder, half-written ones too.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback

from emobench_data.io.errors import InputError

from ..checkpoints.finish import finish
from ..checkpoints.folders import COMPLETE, PREFIX, checkpoints, is_complete, missing_parts
from .ranks import from_first

STAGING = ".partial"


def tuned_part(args) -> str:
    """`lora`, `projector` or `full`: what the host's training arguments train, and so what a checkpoint must hold."""
    if args.lora_enable:
        return "lora"
    return "projector" if getattr(args, "tune_mm_mlp_adapter", False) else "full"


def gather(parameter: nn.Parameter) -> Tensor:
    """A copy on the CPU of a parameter, put together under ZeRO-3: then every rank must call it."""
    if not hasattr(parameter, "ds_id"):
        return parameter.detach().cpu().clone()
    from deepspeed import zero

    with zero.GatheredParameters([parameter]):
        return parameter.data.detach().cpu().clone()


def trainable_state(model: nn.Module) -> dict[str, Tensor]:
    """Every trained parameter by name; under ZeRO-3 every rank must call it."""
    return {name: gather(value) for name, value in model.named_parameters() if value.requires_grad}


def save_what_was_tuned(host_save: Callable) -> Callable:
    """Wrap the trainer's `save_model`: with frozen weights it writes what LLaVA's loader needs beside the base model.

    `config.json`, the tokenizer, and `mm_projector.bin` for the projector alone, or the adapter with
    `non_lora_trainables.bin` for LoRA.
    """

    def save_model(self, output_dir=None, _internal_call=False):
        part = tuned_part(self.args)
        if part == "full":
            return host_save(self, output_dir, _internal_call=_internal_call)
        state = trainable_state(self.model)
        if self.args.should_save:
            _write(self, Path(output_dir or self.args.output_dir), part, state)

    return save_model


def _write(trainer, folder: Path, part: str, state: dict[str, Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    trainer.model.config.save_pretrained(folder)
    tokenizer = getattr(trainer, "processing_class", None) or trainer.tokenizer
    tokenizer.save_pretrained(folder)
    if part == "projector":
        torch.save(state, folder / "mm_projector.bin")
        return
    trainer.model.save_pretrained(folder, state_dict={key: value for key, value in state.items() if "lora_" in key})
    others = {key: value for key, value in state.items() if "lora_" not in key}
    torch.save(others, folder / "non_lora_trainables.bin")


def save_in_one_piece(_host_save: Callable) -> Callable:
    """Replace the host's `_save_checkpoint`: transformers' own, written aside and renamed when all ranks are done.

    The host's leaves out everything but the projector when that is tuned alone, and hands `metrics` to a method that
    takes none since transformers 4.47.
    """

    def _save_checkpoint(self, model, trial=None, metrics=None):
        run, staging = Path(self.args.output_dir), Path(self.args.output_dir) / STAGING
        if self.args.should_save:
            shutil.rmtree(staging, ignore_errors=True)  # of a run that was killed
        self.accelerator.wait_for_everyone()
        with mock.patch.object(self, "_get_output_dir", lambda trial: str(staging)), _trained_weights_only(self):
            Trainer._save_checkpoint(self, model, trial)
        self.accelerator.wait_for_everyone()
        name = f"{PREFIX}{self.state.global_step}"
        from_first(lambda: _publish(staging / name, run / name, self.args.world_size))
        if self.args.should_save:
            _forget_old(run, self.args.save_total_limit)

    return _save_checkpoint


def _trained_weights_only(trainer):
    """DeepSpeed would add a copy of the frozen base model to every checkpoint."""
    if not trainer.is_deepspeed_enabled or tuned_part(trainer.args) == "full":
        return nullcontext()
    engine = trainer.model_wrapped
    save = partial(type(engine).save_checkpoint, engine)

    def without_frozen(*args, **kwargs):
        return save(*args, **{**kwargs, "exclude_frozen_parameters": True})

    return mock.patch.object(engine, "save_checkpoint", without_frozen)


def _publish(written: Path, final: Path, ranks: int) -> None:
    """Make sure that `written` is whole and on the disk, mark it complete and give it its name.

    Raises:
        InputError: it lacks what other ranks should have written.
    """
    missing = missing_parts(written, ranks)
    if missing:
        raise InputError(f"{final}: {'; '.join(missing)}; name an --output_dir that all machines share")
    finish(written, at=final)
    files = [path for path in sorted(written.rglob("*")) if path.is_file()]
    sizes = {str(path.relative_to(written)): path.stat().st_size for path in files}
    marker = written / COMPLETE
    marker.write_text(json.dumps({"ranks": ranks, "files": sizes}, indent=1))
    for path in (*files, marker, written):
        _to_disk(path)
    if final.exists():  # a half-written one of a run without the plug-in
        final.rename(written.with_name("replaced"))
    written.rename(final)
    _to_disk(final.parent)
    shutil.rmtree(written.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_old(run: Path, limit: int | None) -> None:
    """Keep the newest `limit` complete checkpoints; one that is being deleted does not bear the name any more."""
    old = complete_checkpoints(run)[: -limit if limit and limit > 0 else 0]
    for path in old:
        going = run / f"{STAGING}-old"
        shutil.rmtree(going, ignore_errors=True)
        path.rename(going)
        shutil.rmtree(going)


def complete_checkpoints(run: Path) -> list[Path]:
    """The complete `checkpoint-*` folders of a run, oldest first."""
    return [path for path in checkpoints(run) if is_complete(path)]


class LogAtCheckpoints(TrainerCallback):
    """A checkpoint ends a stretch of the loss curve: the running mean is lost with the process, so a resumed run could
    not log the point that spans it. The last step has one too, as newer transformers give it; 4.37 does not."""

    def on_step_end(self, args, state, control, **_):
        last = state.global_step >= state.max_steps and args.save_strategy == "steps"
        control.should_save = control.should_save or last
        control.should_log = control.should_log or control.should_save
