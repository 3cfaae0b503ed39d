"""DeepSpeed's process group, made before the host loads the model."""

from __future__ import annotations

import fcntl
from pathlib import Path


def join_processes() -> None:
    """Initialise DeepSpeed's process group, with DeepSpeed 0.19 and transformers 5.

    Otherwise `zero.Init` reads a world size of 1 while the model is loaded, and DeepSpeed's batch check fails.
    """
    import deepspeed

    _build_cpu_extension()
    deepspeed.init_distributed()


def _build_cpu_extension() -> None:
    """Build or load what DeepSpeed needs on a CPU, past the lock file that a killed process left behind.

    PyTorch (2.13) guards a build by a file `lock` and waits for ever for it to go. The kernel lets go of our own lock
    when its process dies, so whoever holds it may take that file away.
    """
    from deepspeed.accelerator import get_accelerator

    if get_accelerator().device_name() != "cpu":
        return
    from torch.utils.cpp_extension import _get_build_directory

    builder = get_accelerator().create_op_builder("ShareMemCommBuilder")
    if builder is None or not builder.is_compatible(verbose=False):
        return
    folder = Path(_get_build_directory(builder.name, False))
    with open(folder / ".emollm.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (folder / "lock").unlink(missing_ok=True)
        builder.load(verbose=False)
