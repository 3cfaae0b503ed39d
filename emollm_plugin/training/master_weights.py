"""Weights that are trained, in float32 while they are: in bfloat16 alone most steps of a usual rate round to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

HALF = (torch.bfloat16, torch.float16)


@contextmanager
def float32_while_trained(trainer: Any) -> Iterator[None]:
    """Inside, what is trained is in float32; after it, in the format that it had. Under `--bf16` it computes in bfloat16.

    LLaVA loads the language model in bfloat16, and without DeepSpeed, which has float32 copies of its own, AdamW would add to
    that: at 2e-5 seven of ten weights never move. A checkpoint in mid-run holds the float32 weights, or a resumed run would
    go on from rounded ones.
    """
    raised = {}
    if not trainer.is_deepspeed_enabled:
        raised = {value: value.dtype for value in trainer.model.parameters() if value.requires_grad and value.dtype in HALF}
    for value in raised:
        value.data = value.data.float()
    try:
        yield
    finally:
        for value, dtype in raised.items():
            value.data = value.data.to(dtype)
