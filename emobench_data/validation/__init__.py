"""Find every fault of a LLaVA training JSON, anybody's, before a GPU does."""

from .check import validate
from .faults import KINDS, Fault, Report

__all__ = ["KINDS", "Fault", "Report", "validate"]
