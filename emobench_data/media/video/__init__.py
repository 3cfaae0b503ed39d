"""Clips to frames: the one way in which this project reads a video."""

from ...io.errors import ClipFault
from .cache import FrameCache
from .probe import CLIPS, SUFFIXES, probe
from .read import READERS, Frames, clip_seconds, read_frames, reader_version
from .sampling import Sampling

__all__ = [
    "CLIPS",
    "READERS",
    "SUFFIXES",
    "ClipFault",
    "FrameCache",
    "Frames",
    "Sampling",
    "clip_seconds",
    "probe",
    "read_frames",
    "reader_version",
]
