"""Clips where the host expects pictures, in training and in evaluation."""
