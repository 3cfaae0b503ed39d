"""Odd clips, made with PyAV: frame i is plain grey of 25 i, shown at i tenths of a second unless said otherwise."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

GREYS = range(0, 250, 25)
UNEVEN = (0, 10, 20, 30, 40, 500, 1000, 1500, 2000, 5000)  # milliseconds
LEFT = (220, 90, 30)  # three different numbers, so that no channel passes for another
FRONT = {"movflags": "+faststart"}  # the index comes first, so that a cut-off file still opens


def make(path: Path, *, codec="libx264", pixels="yuv420p", sizes=((96, 64),), times=None, gop=4, greys=GREYS, **how):
    """One picture stream for each of `sizes`, the first the file's default; the others go from white to black."""
    with av.open(str(path), "w", **how) as container:
        streams = []
        for width, height in sizes:
            stream = container.add_stream(codec, rate=10, options={"g": str(gop)})
            stream.width, stream.height, stream.pix_fmt = width, height, pixels
            if len(sizes) > 1:
                stream.disposition = Disposition(0) if streams else Disposition.default
            stream.codec_context.time_base = Fraction(1, 1000 if times else 10)
            streams.append(stream)
        for index, grey in enumerate(greys):
            for number, stream in enumerate(streams):
                picture = np.full((stream.height, stream.width, 3), 255 - grey if number else grey, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
                frame.pts, frame.time_base = (times[index] if times else index), stream.codec_context.time_base
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def make_turned(path: Path, quarter_turns: int) -> Path:
    """Frames with a left half of the colour `LEFT`, and the note that a player shall turn them clockwise."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        picture = np.zeros((64, 96, 3), np.uint8)
        picture[:, :48] = LEFT
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    content = bytearray(path.read_bytes())
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter_turns]
    matrix = content.find(b"tkhd") + 44  # ISO 14496-12: after version, times, id, duration, layer and volume
    one = 1 << 16
    content[matrix : matrix + 36] = struct.pack(">9i", cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def make_cut(path: Path, share: float) -> Path:
    """A clip whose index is whole and whose end is missing."""
    make(path, options=FRONT)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


def make_resized(path: Path) -> Path:
    """A clip whose frames become smaller in its middle."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=10, width=96, height=64)
        for part, (width, height) in enumerate(((96, 64), (48, 32))):
            coder = av.CodecContext.create("libx264", "w")
            coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
            coder.framerate, coder.time_base = 10, Fraction(1, 10)
            for index in range(5):
                frame = av.VideoFrame(width, height, "yuv420p")
                frame.pts, frame.time_base = 5 * part + index, coder.time_base
                mux(container, stream, coder.encode(frame))
            mux(container, stream, coder.encode(None))
    return path


def mux(container, stream, packets) -> None:
    """Write packets of another coder as those of `stream`."""
    for packet in packets:
        packet.stream = stream
        container.mux(packet)


def make_without_frames(path: Path) -> Path:
    """A clip with a picture stream and not one frame in it."""
    with av.open(str(path), "w", format="avi") as container:
        container.add_stream("mpeg4", rate=10, width=64, height=48)
        container.start_encoding()
    return path


def make_song(path: Path) -> Path:
    """A sound file with a cover picture."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 16000
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for stream, frame in ((sound, silence), (cover, picture)):
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path
