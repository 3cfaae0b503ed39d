"""Checkpoints in mid-run that are complete, and that appear under their name only when they are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import wrapt
from torch import Tensor, nn
from transformers import TrainerCallback

from emobench_data.io.errors import InputError

from ..checkpoints.finish import finish
from ..checkpoints.folders import COMPLETE, PREFIX, checkpoints, is_complete, missing_parts
from .ranks import from_first, meet

STAGING = ".partial"


def tuned_part(args: Any) -> str:
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


def write_tuned(trainer: Any, folder: Path, part: str, state: dict[str, Tensor]) -> None:
    """Write what LLaVA's loader needs beside the base model."""
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


@contextmanager
def checkpoint_in_one_piece(trainer: Any) -> Iterator[Path | None]:
    """Gives the folder to write a checkpoint below, and then lets it appear under its name, when all ranks are done."""
    run, staging = Path(trainer.args.output_dir), Path(trainer.args.output_dir) / STAGING
    if trainer.args.should_save:
        shutil.rmtree(staging, ignore_errors=True)  # of a run that was killed
    trainer.accelerator.wait_for_everyone()
    try:
        yield staging
    finally:
        trainer._staging = None
    trainer.accelerator.wait_for_everyone()
    name = f"{PREFIX}{trainer.state.global_step}"
    from_first(lambda: _publish(staging / name, run / name, trainer.args.world_size))
    if trainer.args.should_save:
        _forget_old(run, trainer.args.save_total_limit)


class WithoutFrozen(wrapt.ObjectProxy):
    """A DeepSpeed engine that saves no copy of the frozen base model in every checkpoint."""

    def save_checkpoint(self, *args, **kwargs):
        """As the engine's, without what is not trained."""
        return self.__wrapped__.save_checkpoint(*args, **{**kwargs, "exclude_frozen_parameters": True})


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


def finish_run(folder: Path) -> None:
    """Finish what the host left in the end. Every rank must call this: it lets each of them write config.json."""
    meet()
    from_first(lambda: finish(folder))


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
        saves = args.save_strategy == "steps" or getattr(args, "save_minutes", 0)
        last = state.global_step >= state.max_steps and bool(saves)
        control.should_save = control.should_save or last
        control.should_log = control.should_log or control.should_save
