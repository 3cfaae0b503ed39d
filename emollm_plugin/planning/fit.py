"""Which GPUs a training fits on, and which settings would make it fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .memory import Setting, read_zero

CARDS = (24, 40, 48, 80, 141)  # GB, as they are sold
# What CUDA, its libraries and NCCL take beside tensors: our assumption, not measured.
RESERVE = 1_500_000_000
MODES = ("full", "lora", "qlora", "projector")
STAGES = ("0", "2", "3", "3_offload")


def usable(card: int) -> int:
    """Bytes for tensors on a card of so many GB."""
    return card * 10**9 - RESERVE


def go_together(tune: str, zero: str) -> bool:
    """Whether a mode can be trained with ZERO: the host's four bits cannot be shared by ZeRO-3."""
    return tune != "qlora" or (read_zero(zero).stage or 0) < 3


def fits(setting: Setting, needs: Callable[[Setting], int]) -> list[dict[str, Any]]:
    """For each card whether `setting` fits, and if not the first change that would, None where nothing does.

    Args:
        needs: the bytes on a GPU that a setting takes.
    """
    lines = []
    for card in CARDS:
        fit = needs(setting) <= usable(card)
        other = None if fit else next((one for one in others(setting) if needs(one) <= usable(card)), None)
        lines.append({"gb": card, "fits": fit, "instead": changed(setting, other) if other else None})
    return lines


def others(setting: Setting) -> Iterator[Setting]:
    """Settings that take less, in the order of docs/memory.md: those that change what is learned come last."""
    stages = [setting.zero, *(["3"] if setting.gpus > 1 else []), "3_offload"]
    batches = [setting.batch >> shift for shift in range(setting.batch.bit_length())]
    for tune in MODES[MODES.index(setting.tune) :]:
        for zero in dict.fromkeys(stages if tune != "qlora" else [*stages, "2"]):
            for checkpointing in sorted({setting.checkpointing, True}):
                for batch in batches:
                    if go_together(tune, zero):
                        yield replace(setting, tune=tune, zero=zero, checkpointing=checkpointing, batch=batch)


def changed(before: Setting, after: Setting) -> str:
    """What is to be set to come from one to the other, as variables or, in small letters, `key=value`."""
    names = ("batch", "checkpointing", "zero", "tune")
    differ = [name for name in names if getattr(before, name) != getattr(after, name)]
    return " ".join(f"{name}={_shown(getattr(after, name))}" for name in differ)


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
