"""The command `python -m emobench_data`."""

from .main import main

__all__ = ["main"]
