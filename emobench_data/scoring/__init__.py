"""One scorer for every evaluator: strict, deterministic, without torch (our rules)."""

from ..io.llava_files import read_entries
from .core import score
from .general import score_general

__all__ = ["read_entries", "score", "score_general"]
