"""Recipes: what a fine-tuning run is (`recipe`), and the way from its settings to its scores (`run`)."""
