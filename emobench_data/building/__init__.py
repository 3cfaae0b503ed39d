"""From data sets to a benchmark: composed, split, drawn, free of leaks, written."""

from typing import TYPE_CHECKING

from ..io.lazy import handing_out

if TYPE_CHECKING:
    from .benchmark import build
    from .composition import Composition, load_composition

__getattr__ = handing_out(__name__, {"Composition": "composition", "build": "benchmark", "load_composition": "composition"})

__all__ = ["Composition", "build", "load_composition"]
