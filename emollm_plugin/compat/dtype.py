"""The name of the argument for a model's number format."""

from __future__ import annotations

import torch
import transformers


def dtype_argument(dtype: torch.dtype) -> dict[str, torch.dtype]:
    """transformers >= 5: `dtype` goes before LLaVA's `torch_dtype=float16`; older ones know no `dtype`."""
    return {"dtype": dtype} if int(transformers.__version__.split(".")[0]) >= 5 else {}
