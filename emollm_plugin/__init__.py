"""EmoLLM as a plug-in for LLaVA. Importing this loads neither torch nor the host, nor any other package."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

from ._version import __version__
from .projector.options import ProjectorOptions
from .registry import register_projector, register_tower

if TYPE_CHECKING:
    from .evaluation.predictor import Predictor
    from .projector.multiperspective import MultiPerspectiveProjector
    from .serving.model import Model, load

__getattr__ = handing_out(
    __name__,
    {
        "Model": "serving.model",
        "MultiPerspectiveProjector": "projector.multiperspective",
        "Predictor": "evaluation.predictor",
        "load": "serving.model",
    },
)

__all__ = [
    "Model",
    "MultiPerspectiveProjector",
    "Predictor",
    "ProjectorOptions",
    "__version__",
    "load",
    "register",
    "register_projector",
    "register_tower",
]


def register() -> None:
    """Attach the plug-in to LLaVA, see `attach.register`."""
    from . import attach

    attach.register()
