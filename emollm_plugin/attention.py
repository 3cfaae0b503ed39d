"""Which attention kernel training uses: FlashAttention where it can run, else PyTorch's fused attention."""

from __future__ import annotations

import importlib.util
import logging

import torch

logger = logging.getLogger(__name__)


def choose_attention(*, half_precision: bool, capability: tuple[int, int] | None, flash_installed: bool) -> str:
    """`flash_attention_2` if it is installed, the card is Ampere or newer and training is in half precision.

    Args:
        half_precision: whether the model computes in bfloat16 or float16, the only ones FlashAttention has.
        capability: the card's compute capability, None without a CUDA card.
        flash_installed: whether the package `flash_attn` is there.
    """
    usable = flash_installed and half_precision and capability is not None and capability >= (8, 0)
    return "flash_attention_2" if usable else "sdpa"


def attention_here(*, half_precision: bool) -> str:
    """Choose for this machine, and say once what was chosen and on what grounds."""
    capability = torch.cuda.get_device_capability() if torch.cuda.is_available() else None
    installed = importlib.util.find_spec("flash_attn") is not None
    chosen = choose_attention(half_precision=half_precision, capability=capability, flash_installed=installed)
    logger.info(
        "attention: %s (flash_attn %s, compute capability %s, half precision %s)",
        chosen, "installed" if installed else "not installed", capability or "none", half_precision,
    )  # fmt: skip
    return chosen


def supported_attention(model: type, wanted: str) -> str:
    """`wanted` if the model class has it, else the fastest that it has; the difference is said.

    Gemma 2's soft-capped attention has no fused kernel in PyTorch.
    """
    flash = getattr(model, "_supports_flash_attn", False) or getattr(model, "_supports_flash_attn_2", False)
    has = {"flash_attention_2": flash, "sdpa": getattr(model, "_supports_sdpa", False)}
    if has.get(wanted, True):
        return wanted
    chosen = "sdpa" if has["sdpa"] else "eager"
    logger.info("attention: %s, since %s has no %s", chosen, model.__name__, wanted)
    return chosen
