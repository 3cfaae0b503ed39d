"""What happens around the host's `train()`: preflight, clips, one writer, seed, attention, a CPU without CUDA calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from emobench_data.media.kept import KeptArrays

if TYPE_CHECKING:
    from .preflight import Plan

logger = logging.getLogger(__name__)


def guarded_train(host_train: Callable, host: ModuleType) -> Callable:
    """Wrap `llava.train.train.train`: bad input stops before anything is loaded or written.

    Args:
        host_train: the host's function.
        host: the module `llava.train.train`.
    """

    def train(attn_implementation=None):
        from transformers import set_seed

        from ..checkpoints.base_vision import to_be_trained
        from ..compat.cpu import no_cuda_synchronize
        from .attention import attention_here
        from .full_memory import full_memory_named
        from .lora_targets import targets
        from .preflight import preflight
        from .resume import only_writer
        from .saving import finish_run
        from .storage import full_disk_named

        plan = preflight(host)
        with (
            _as_planned(host.LazySupervisedDataset, plan),
            no_cuda_synchronize(),
            only_writer(plan.output_dir, plan.rank),
            full_disk_named(plan.output_dir),
            full_memory_named(),
            _hits_told(plan.clips.cache, plan.rank),
            _hits_told(plan.pictures, plan.rank),
            _hits_told(plan.sounds.cache if plan.sounds else None, plan.rank),
            to_be_trained(),
            targets(plan.lora_targets, plan.lora_layers),
        ):
            # The host builds the projector before its trainer sets the seed, so `--seed` would not reach it.
            set_seed(plan.seed)
            host_train(attn_implementation=attention_here(half_precision=plan.half_precision))
            finish_run(plan.output_dir)

    return train


@contextmanager
def _as_planned(dataset: type[Any], plan: Plan) -> Iterator[None]:
    """The host makes its data sets itself, so that what preflight found goes through their class, while this training lasts."""
    names = ("clips", "sounds", "records", "held_out", "room")
    before = {name: getattr(dataset, name, None) for name in names}
    for name in names:
        setattr(dataset, name, getattr(plan, name))
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(dataset, name, value)


@contextmanager
def _hits_told(cache: KeptArrays | None, rank: int) -> Iterator[None]:
    """Say in the end how many clips, pictures or sounds came from their cache, over all ranks that share it."""
    before = cache.counts() if cache else (0, 0)
    yield
    if cache and rank == 0:
        logger.info(cache.hit_rate(since=before))
