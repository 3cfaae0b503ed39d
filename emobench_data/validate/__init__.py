"""Find every fault of a LLaVA training JSON, anybody's, before a GPU does."""

from ..io.lazy import callable_as
from .check import validate
from .faults import KINDS, Fault, Report

callable_as(__name__, "check", "validate")

__all__ = ["KINDS", "Fault", "Report", "validate"]
