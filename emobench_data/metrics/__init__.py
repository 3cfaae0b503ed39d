"""Metrics as functions over per-item arrays, their intervals, and the one bootstrap that everything here draws with."""

from .bootstrap import DRAWS, SEED, bootstrap, crossed_means, percentiles
from .calibration import calibration
from .classification import Confusion, accuracy, macro_f1, uar
from .intervals import LEVEL, Share, difference, mean_of, numbered, share, widened, wilson, with_interval

__all__ = [
    "DRAWS",
    "LEVEL",
    "SEED",
    "Confusion",
    "Share",
    "accuracy",
    "bootstrap",
    "calibration",
    "crossed_means",
    "difference",
    "macro_f1",
    "mean_of",
    "numbered",
    "percentiles",
    "share",
    "uar",
    "widened",
    "wilson",
    "with_interval",
]
