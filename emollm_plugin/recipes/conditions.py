"""The conditions a result stands under: settings, versions, hardware, commit and checksums of the data."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emobench_data.io.digest import digest_of

from .._version import __version__

PACKAGES = ("torch", "transformers", "accelerate", "peft", "deepspeed", "llava-torch", "flash-attn")


def conditions(settings: Mapping[str, str], *, files: Iterable[Path]) -> dict[str, Any]:
    """What must be known to read or repeat a result.

    Args:
        settings: the run's own settings, kept as they are.
        files: data files whose SHA-256 is kept under their names.
    """
    return {
        "settings": dict(settings),
        "emollm": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in PACKAGES},
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "gpus": _gpus(),
        },
        "data_sha256": {path.name: digest_of(path) for path in files},
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def package_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def stack_here() -> str:
    """The stack that is installed, for a start without the scripts, which name it."""
    return "classic" if (package_version("transformers") or "5").startswith("4.") else "current"


def _commit() -> str | None:
    """The commit of this source tree with `-dirty` where files were changed, or None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _gpus() -> list[str]:
    import torch

    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
