"""What a result says about the intervals in it."""

from ..metrics import DRAWS, LEVEL, SEED

# How each interval was made; `interval_unit`, `units` and `effective_n` stand beside each figure.
INTERVALS = {
    "level": LEVEL,
    "accuracy": "Wilson's, of effective_n questions where units are groups of several",
    "macro_f1, uar": "bootstrap of the units, percentiles, nowhere nearer than the accuracy's limits",
    "overall": "Wilson's, of the effective sample size of the sub-tasks' mean",
    "draws": DRAWS,
    "seed": SEED,
}
