"""Clips where the host expects pictures, in training and in evaluation."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .clips import ClipReader

__getattr__ = handing_out(__name__, {"ClipReader": "clips"})

__all__ = ["ClipReader"]
