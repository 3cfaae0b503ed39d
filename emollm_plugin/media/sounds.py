"""Sound where the host expects pictures: read as the benchmark reads it, and shown to people."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from emobench_data.media.sound import MAX_SECONDS, RATE, own_span, read_sound, sound_seconds

__all__ = ["MAX_SECONDS", "RATE", "own_span", "read_sound", "sound_seconds", "spectrogram"]


def spectrogram(spectrum: Tensor) -> Image.Image:
    """A log-mel spectrum (M, F) as a picture, F x M pixels: time to the right, pitch upwards, loud is dark."""
    values = spectrum.float().cpu().numpy()[::-1]
    low, high = float(values.min()), float(values.max())
    shade = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return Image.fromarray((255 * (1 - shade)).astype(np.uint8)).convert("RGB")
