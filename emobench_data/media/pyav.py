"""PyAV is an extra: whoever needs it asks here, and without it the user reads what to install."""

from __future__ import annotations

from types import ModuleType

from ..io.errors import InputError


def load_pyav(purpose: str) -> ModuleType:
    """The module `av`; raises `InputError` that says what `purpose` needs."""
    try:
        import av
    except ImportError as error:
        raise InputError(f"{purpose} needs PyAV; run: pip install av") from error
    return av
