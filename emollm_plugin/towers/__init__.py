"""Vision towers beside the host's CLIP, built by registered name, folder or hub name."""

from ..registry import TOWERS
from .builders import builder_of, check_tower

__all__ = ["TOWERS", "builder_of", "check_tower"]
