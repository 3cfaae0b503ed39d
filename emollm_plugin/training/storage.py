"""Whether what training is going to open and to write can be: what it would otherwise meet as a traceback, and late."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

import torch

from emobench_data.io.atomic import check_folder
from emobench_data.io.errors import InputError

from ..checkpoints.load import EARS, MARK

FULL = 1 << 20  # bytes that are left on a disk that a checkpoint has filled


def check_projector_file(file: Path, projector: torch.nn.Module) -> None:
    """Raise `InputError` if an `mm_projector.bin` cannot be read, or the run's `projector` does not take it."""
    try:
        saved = torch.load(file, map_location="cpu", weights_only=True)
        state = {key.split(MARK, 1)[1]: value for key, value in saved.items() if MARK in key}
        hears = any(f"{EARS}." in key for key in saved)
    except (OSError, RuntimeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        # torch's advice for what is no file of tensors is to trust it.
        why = "no file of tensors" if isinstance(error, pickle.UnpicklingError) else _first_line(error)
        raise InputError(f"projector {file} cannot be read ({why}); give an mm_projector.bin") from error
    if not state and hears:
        return  # what it is trained for, the building of ears will say
    if not state:
        raise InputError(f"projector {file} has no keys with {MARK!r}; give an mm_projector.bin")
    try:
        projector.load_state_dict(state)
    except RuntimeError as error:
        fault = " ".join(str(error).split("\n", 1)[-1].split())
        raise InputError(f"projector {file} does not fit this projector type and these models: {fault:.300}") from error


def check_output(folder: Path) -> None:
    """Raise `InputError` if `folder` can be neither made nor written to."""
    check_folder(folder, "--output_dir")


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """An error on a full disk becomes an `InputError`: torch, safetensors and Python each raise their own kind."""
    try:
        yield
    except Exception as error:
        # Some writers take their half file away again, others do not say why they failed.
        if os.strerror(ENOSPC) in str(error) or (folder.exists() and shutil.disk_usage(folder).free < FULL):
            way_out = "free some space, then the same command goes on from the last complete checkpoint"
            raise InputError(f"{folder}: no space left on the disk ({_first_line(error)}); {way_out}") from error
        raise


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
