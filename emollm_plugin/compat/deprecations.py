"""Warnings of one library about another one's calls, which nobody who trains can act on."""

from __future__ import annotations

import re
import warnings
from types import ModuleType

_RENAMED = r"`(is_gradient_checkpointing|gradient_checkpointing_(enable|disable))` is deprecated"


def drop_renamed_checkpointing(module: ModuleType) -> None:
    """transformers >= 5: warns of the old names of activation checkpointing, which peft 0.21 and llava 1.2.2 use.

    Args:
        module: `transformers.modeling_utils`; no warning of another module or with other words is dropped.
    """
    warnings.filterwarnings("ignore", _RENAMED, FutureWarning, rf"{re.escape(module.__name__)}\Z")
