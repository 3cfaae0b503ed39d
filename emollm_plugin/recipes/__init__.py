"""Recipes: what a fine-tuning run or an evaluation is, and the way from its settings to its scores."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .asking import Asking, read_asking
    from .benchmark import evaluate_checkpoint
    from .layers import read_recipe
    from .process import Failed
    from .recipe import Recipe
    from .run import finetune

__getattr__ = handing_out(
    __name__,
    {
        "Asking": "asking",
        "Failed": "process",
        "Recipe": "recipe",
        "evaluate_checkpoint": "benchmark",
        "finetune": "run",
        "read_asking": "asking",
        "read_recipe": "layers",
    },
)

__all__ = ["Asking", "Failed", "Recipe", "evaluate_checkpoint", "finetune", "read_asking", "read_recipe"]
