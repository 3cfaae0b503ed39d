"""The name of the argument for a model's number format."""

from __future__ import annotations

import torch

from .config import before_5


def dtype_argument(dtype: torch.dtype) -> dict[str, torch.dtype]:
    """transformers >= 5: `dtype` goes before LLaVA's `torch_dtype=float16`; older ones know no `dtype`."""
    return {} if before_5() else {"dtype": dtype}
