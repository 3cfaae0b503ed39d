"""What happens around the host's `train()`: preflight, seed, choice of attention, and a CPU without CUDA calls."""

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
        from .preflight import preflight

        plan = preflight(host)
        # The host builds the projector before its trainer sets the seed, so `--seed` would not reach it.
        set_seed(plan.seed)
        with no_cuda_synchronize():
            return host_train(attn_implementation=attention_here(half_precision=plan.half_precision))

    return train
