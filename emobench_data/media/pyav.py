"""PyAV is an extra: whoever needs it asks here, and without it the user reads what to install."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..io.errors import InputError, MediumFault


def load_pyav(purpose: str) -> ModuleType:
    """The module `av`; raises `InputError` that says what `purpose` needs."""
    try:
        import av
    except ImportError as error:
        raise InputError(f"{purpose} needs PyAV; run: pip install av") from error
    return av


@contextmanager
def open_container(
    path: Path, options: Mapping[str, str], *, purpose: str, missing: MediumFault, unreadable: Callable[[], MediumFault]
) -> Iterator[Any]:
    """The file as PyAV's container.

    Args:
        options: of FFmpeg, for opening.
        missing: raised where there is no such file.
        unreadable: makes what is raised where FFmpeg fails, on opening or later.
    """
    av = load_pyav(purpose)
    try:
        # Titles are in whatever encoding their writer had, and nobody reads them here.
        with av.open(str(path), container_options=dict(options), metadata_errors="replace") as container:
            yield container
    except FileNotFoundError as error:
        raise missing from error
    except InputError:
        raise
    except (av.FFmpegError, ValueError, IndexError) as error:  # the last where a stream begins late, of which PyAV lost count
        raise unreadable() from error
