"""Frames to a short clip in bytes, the same bytes every time."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ..media.pyav import load_pyav

RATE = 5  # frames a second
SOUND_RATE = 16_000  # samples a second


def encode(frames: list[Image.Image], sound: np.ndarray | None = None) -> bytes:
    """An MPEG-4 clip of `frames`, all of one size.

    Args:
        sound: `(S,)` int16, samples of one channel, 16,000 a second, which are kept as they are.

    Raises:
        InputError: PyAV is not installed.
    """
    av = load_pyav("rendering the clips of EmoBench-mini")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=RATE, options={"flags": "+bitexact", "qmin": "2", "qmax": "4"})
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        track = None if sound is None else container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
        if track is not None and sound is not None:
            block = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
            block.sample_rate, block.pts = SOUND_RATE, 0
            container.mux(track.encode(block))
            container.mux(track.encode(None))
    return buffer.getvalue()
