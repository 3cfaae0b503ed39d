"""Which attention kernel training uses: FlashAttention where it can run, else PyTorch's fused attention."""

from __future__ import annotations

import importlib
import importlib.util
import logging

import torch

logger = logging.getLogger(__name__)


def choose_attention(*, half_precision: bool, capability: tuple[int, int] | None, flash_usable: bool) -> str:
    """`flash_attention_2` if it can be used, the card is Ampere or newer and training is in half precision.

    Args:
        half_precision: whether the model computes in bfloat16 or float16, the only ones FlashAttention has.
        capability: the card's compute capability, None without a CUDA card.
        flash_usable: whether the package `flash_attn` is one that this transformers can use.
    """
    usable = flash_usable and half_precision and capability is not None and capability >= (8, 0)
    return "flash_attention_2" if usable else "sdpa"


def flash_state() -> str:
    """`usable`, or why the package `flash_attn` cannot be used: what is installed may be too old or built for others.

    transformers 4.37 wants 2.1.0, transformers 5.23 wants 2.3.3 and tells FlashAttention 4, of the same name, apart.
    """
    from transformers.utils import is_flash_attn_2_available

    if importlib.util.find_spec("flash_attn") is None:
        return "not installed"
    try:
        importlib.import_module("flash_attn")
    except (ImportError, OSError) as error:
        # Most often its library was built for another torch.
        return f"installed, but its import fails: {str(error).splitlines()[0]:.120}"
    return "usable" if is_flash_attn_2_available() else "installed, but not a version that this transformers can use"


def attention_here(*, half_precision: bool) -> str:
    """Choose for this machine, and say once what was chosen and on what grounds."""
    capability = torch.cuda.get_device_capability() if torch.cuda.is_available() else None
    state = flash_state()
    chosen = choose_attention(half_precision=half_precision, capability=capability, flash_usable=state == "usable")
    logger.info(
        "attention: %s (flash_attn %s, compute capability %s, half precision %s)",
        chosen,
        state,
        capability or "none",
        half_precision,
    )
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
