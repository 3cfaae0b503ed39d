"""What happens around the host's `train()`: preflight, one writer, seed, attention, and a CPU without CUDA calls."""

from __future__ import annotations

from types import ModuleType
from typing import Callable


def guarded_train(host_train: Callable, host: ModuleType) -> Callable:
    """Wrap `llava.train.train.train`: bad input stops before anything is loaded or written.

    Args:
        host_train: the host's function.
        host: the module `llava.train.train`.
    """

    def train(attn_implementation=None):
        from transformers import set_seed

        from .attention import attention_here
        from .compat.cpu import no_cuda_synchronize
        from .compat.processes import join_processes
        from .preflight import preflight
        from .reachable import full_disk_named
        from .resume import only_writer

        plan = preflight(host)
        with no_cuda_synchronize(), only_writer(plan.output_dir, plan.rank), full_disk_named(plan.output_dir):
            if plan.deepspeed:
                join_processes()
            # The host builds the projector before its trainer sets the seed, so `--seed` would not reach it.
            set_seed(plan.seed)
            return host_train(attn_implementation=attention_here(half_precision=plan.half_precision))

    return train
