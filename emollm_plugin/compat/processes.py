"""The process group, made before the host loads the model, its micro-batches, and DeepSpeed itself on a CPU."""

from __future__ import annotations

import os
from contextlib import nullcontext
from datetime import timedelta
from functools import wraps
from types import ModuleType


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


def let_deepspeed_accumulate(accelerator: ModuleType) -> None:
    """accelerate < 1.9 with DeepSpeed >= 0.16: let several ranks train on more than one micro-batch a step.

    DeepSpeed counts micro-batches by itself. It has come to offer a `no_sync`, which accelerate takes for the one of
    PyTorch's DDP, and which ZeRO-2 and ZeRO-3 refuse at the first micro-batch.
    """
    import accelerate
    from packaging.version import Version

    if Version(accelerate.__version__) >= Version("1.9"):
        return
    cls = accelerator.Accelerator
    host = cls.no_sync

    @wraps(host)
    def no_sync(self, model):
        return nullcontext() if self.distributed_type == accelerator.DistributedType.DEEPSPEED else host(self, model)

    cls.no_sync = no_sync


def no_kernel_for_inference(torch_backend: ModuleType) -> None:
    """DeepSpeed 0.19 on a CPU: it compiles a kernel for tensor-parallel inference whenever processes join.

    Training never calls it, and it cost every fresh environment a C++ compiler and a minute or more, every run 69 MB of
    shared memory that nobody freed, and a run beside a killed build an endless wait for that build's lock file.
    """
    vars(torch_backend)["build_shm_op"] = lambda: None


def join_processes(*, deepspeed: bool, use_cpu: bool, seconds: int) -> None:
    """Initialise the process group before the host does, if there are several ranks or DeepSpeed wants one.

    With DeepSpeed 0.19 and transformers 5, `zero.Init` otherwise reads a world size of 1 while the model is loaded, and
    DeepSpeed's batch check fails; and ranks have to agree on what they are going to do before one of them does it.

    Args:
        seconds: after which a rank no longer waits for the others, the host's `--ddp_timeout`.
    """
    import torch

    if deepspeed:
        from deepspeed import init_distributed

        init_distributed(timeout=timedelta(seconds=seconds))
    elif int(os.environ.get("WORLD_SIZE", "1")) > 1 and not torch.distributed.is_initialized():
        cuda = torch.cuda.is_available() and not use_cpu
        if cuda:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        torch.distributed.init_process_group("nccl" if cuda else "gloo", timeout=timedelta(seconds=seconds))
