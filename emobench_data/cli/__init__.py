"""The command `python -m emobench_data`."""

from .commands import main

__all__ = ["main"]
