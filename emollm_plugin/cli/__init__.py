"""The command `emollm`."""

from .main import main

__all__ = ["main"]
