"""Answers of a checkpoint: the check before LLaVA's own scripts, and an evaluator of our own that works in batches."""
