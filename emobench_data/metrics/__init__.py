"""Metrics as functions over per-item arrays, their intervals, and the one bootstrap that everything here draws with."""

from .bootstrap import DRAWS, SEED, bootstrap, central
from .calibration import calibration
from .classification import Cells, accuracy, macro_f1, uar
from .intervals import LEVEL, Share, difference, mean_of, numbered, share, widened, wilson, with_interval

__all__ = [
    "DRAWS",
    "LEVEL",
    "SEED",
    "Cells",
    "Share",
    "accuracy",
    "bootstrap",
    "calibration",
    "central",
    "difference",
    "macro_f1",
    "mean_of",
    "numbered",
    "share",
    "uar",
    "widened",
    "wilson",
    "with_interval",
]
