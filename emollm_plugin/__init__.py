"""EmoLLM as a plug-in for LLaVA. Importing this loads neither torch nor the host."""

from ._version import __version__
from .attach import register

__all__ = ["__version__", "register"]
