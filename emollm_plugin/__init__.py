"""EmoLLM as a plug-in for LLaVA. Importing this loads neither torch nor the host, nor any other package."""

from ._version import __version__

__all__ = ["__version__", "register"]


def register() -> None:
    """Attach the plug-in to LLaVA, see `attach.register`."""
    from . import attach

    attach.register()
