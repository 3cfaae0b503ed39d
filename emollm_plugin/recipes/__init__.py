"""Recipes: what a fine-tuning run or an evaluation is, and the way from its settings to its scores."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .benchmark import evaluate_checkpoint
    from .eval_settings import EvalSettings, read_eval_settings
    from .layers import read_recipe
    from .process import Failed
    from .recipe import Recipe
    from .run import finetune

__getattr__ = handing_out(
    __name__,
    {
        "EvalSettings": "eval_settings",
        "Failed": "process",
        "Recipe": "recipe",
        "evaluate_checkpoint": "benchmark",
        "finetune": "run",
        "read_eval_settings": "eval_settings",
        "read_recipe": "layers",
    },
)

__all__ = ["EvalSettings", "Failed", "Recipe", "evaluate_checkpoint", "finetune", "read_eval_settings", "read_recipe"]
