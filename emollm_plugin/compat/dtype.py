"""A model's number format as an argument: its name, and what leaving it out means."""

from __future__ import annotations

import torch

from .config import before_5


def dtype_argument(dtype: torch.dtype) -> dict[str, torch.dtype]:
    """transformers >= 5: `dtype` goes before LLaVA's `torch_dtype=float16`; older ones know no `dtype`."""
    return {} if before_5() else {"dtype": dtype}


def float32_unless_told(torch_dtype: torch.dtype | None) -> torch.dtype:
    """transformers >= 5: without a format a model is loaded in its file's; before, and to LLaVA, it is float32."""
    return torch.float32 if torch_dtype is None else torch_dtype
