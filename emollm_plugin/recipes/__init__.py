"""Recipes: what a fine-tuning run is, and the way from its settings to its scores. Importing this loads no torch."""

from .recipe import Recipe
from .run import finetune

__all__ = ["Recipe", "finetune"]
