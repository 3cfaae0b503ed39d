"""Clips to frames: the one way in which this project reads a video."""

from .cache import FrameCache
from .probe import CLIPS, SUFFIXES, ClipFault, probe
from .read import Frames, read_frames
from .sampling import Sampling

__all__ = ["CLIPS", "ClipFault", "FrameCache", "Frames", "SUFFIXES", "Sampling", "probe", "read_frames"]
