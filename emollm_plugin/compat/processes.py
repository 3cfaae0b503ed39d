"""DeepSpeed's process group, made before the host loads the model, and DeepSpeed itself on a CPU."""

from __future__ import annotations

import fcntl
import os
from functools import wraps
from pathlib import Path
from types import ModuleType

SHARED_MEMORY = Path("/dev/shm")


def deepspeed_on_a_cpu(state: ModuleType) -> None:
    """accelerate < 0.31: with `--use_cpu` it leaves DeepSpeed out in silence and trains with PyTorch's own DDP."""
    host = state.AcceleratorState.__init__
    if hasattr(state.AcceleratorState, "deepspeed_plugin"):
        return

    @wraps(host)
    def __init__(self, *args, deepspeed_plugin=None, **kwargs):
        host(self, *args, deepspeed_plugin=deepspeed_plugin, **kwargs)
        kind = state.DistributedType
        if deepspeed_plugin is not None and self.distributed_type == kind.MULTI_CPU:
            self.deepspeed_plugin, self._mixed_precision = deepspeed_plugin, "no"
            self.distributed_type = state.PartialState._shared_state["distributed_type"] = kind.DEEPSPEED

    state.AcceleratorState.__init__ = __init__


def join_processes() -> None:
    """Initialise DeepSpeed's process group, with DeepSpeed 0.19 and transformers 5.

    Otherwise `zero.Init` reads a world size of 1 while the model is loaded, and DeepSpeed's batch check fails.
    """
    import deepspeed
    from deepspeed.accelerator import get_accelerator

    on_cpu = get_accelerator().device_name() == "cpu"
    if on_cpu:
        _build_cpu_extension()
    deepspeed.init_distributed()
    if on_cpu:
        _forget_buffers()


def _forget_buffers() -> None:
    """Take the names of DeepSpeed's shared buffers away: it never does, and each run on a CPU left 69 MB in memory.

    What is open stays so until the process ends, however it ends.
    """
    from torch import distributed

    distributed.barrier()  # every rank has opened those of the others
    this_run = f"{os.environ['MASTER_ADDR']}_{os.environ['MASTER_PORT']}"
    for buffer in SHARED_MEMORY.glob(f"deepspeed_allreduce_buffer_*_{this_run}_*"):
        buffer.unlink(missing_ok=True)


def _build_cpu_extension() -> None:
    """Build or load what DeepSpeed needs on a CPU, past the lock file that a killed process left behind.

    PyTorch (2.13) guards a build by a file `lock` and waits for ever for it to go. The kernel lets go of our own lock
    when its process dies, so whoever holds it may take that file away.
    """
    from deepspeed.accelerator import get_accelerator
    from torch.utils.cpp_extension import _get_build_directory

    builder = get_accelerator().create_op_builder("ShareMemCommBuilder")
    if builder is None or not builder.is_compatible(verbose=False):
        return
    folder = Path(_get_build_directory(builder.name, False))
    with open(folder / ".emollm.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (folder / "lock").unlink(missing_ok=True)
        builder.load(verbose=False)
