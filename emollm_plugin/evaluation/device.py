"""The device that a model is loaded to."""

from __future__ import annotations

import torch

from emobench_data.io.errors import InputError


def pick_device(name: str | None) -> str:
    """`name`, where this machine has that device, a GPU with its number; default: the first GPU if there is one.

    For plain `cuda` the host would spread a model over all GPUs.
    """
    if name is None:
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:  # no kind of device that PyTorch knows
        device = None
    gpus = torch.cuda.device_count()
    if device is None or not (device.type == "cpu" or (device.type == "cuda" and (device.index or 0) < gpus)):
        raise InputError(f"--device {name}: this machine has cpu{' and cuda' if gpus else ''}, {gpus} GPU(s); name one")
    return "cpu" if device.type == "cpu" else f"cuda:{device.index or 0}"
