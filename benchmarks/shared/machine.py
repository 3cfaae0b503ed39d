"""What a result was made on and with."""

from __future__ import annotations

import platform
from typing import Any

import torch
import transformers

from emollm_plugin._version import __version__


def made_on(device: torch.device) -> dict[str, Any]:
    """The device's name, and the versions of what computes."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "versions": {
            "emollm": __version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
        },
    }
