"""Warnings that nobody who trains or evaluates can act on; no other one is dropped: a filter names words, kind, module."""

from __future__ import annotations

import re
import warnings
from types import ModuleType

_RENAMED = r"`(is_gradient_checkpointing|gradient_checkpointing_(enable|disable))` is deprecated"
_WORKERS = "This DataLoader will create 4 worker processes in total"


def drop_renamed_checkpointing(module: ModuleType) -> None:
    """transformers >= 5: warns of the old names of activation checkpointing, which peft 0.21 and llava 1.2.2 use.

    Args:
        module: `transformers.modeling_utils`, which warns.
    """
    _drop(_RENAMED, FutureWarning, module.__name__)


def drop_workers_of_the_host() -> None:
    """llava 1.2.2: its evaluation has four loading processes and no argument for them; torch warns of fewer cores."""
    _drop(_WORKERS, UserWarning, "torch.utils.data.dataloader")


def _drop(words: str, kind: type[Warning], module: str) -> None:
    warnings.filterwarnings("ignore", words, kind, rf"{re.escape(module)}\Z")
