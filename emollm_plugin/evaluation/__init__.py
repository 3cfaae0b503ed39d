"""Answers of a checkpoint: the check before LLaVA's own scripts, and an evaluator of our own that works in batches."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .predictor import Asked, Predictor

__getattr__ = handing_out(__name__, {"Asked": "predictor", "Predictor": "predictor"})

__all__ = ["Asked", "Predictor"]
