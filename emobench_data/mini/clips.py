"""Frames to a short clip in bytes, the same bytes every time."""

from __future__ import annotations

import io

from PIL import Image

from ..media.pyav import load_pyav

RATE = 5  # frames a second


def encode(frames: list[Image.Image]) -> bytes:
    """An MPEG-4 clip of `frames`, all of one size.

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
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
    return buffer.getvalue()
