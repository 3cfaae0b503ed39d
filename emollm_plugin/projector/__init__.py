"""The projector type `multiperspective`. Torch is loaded when a projector is built, not before."""

from ..registry import PROJECTORS
from .options import ProjectorOptions


def build(config):
    """Build the projector that `config.mm_projector_type` spells out, `mm_hidden_size` in and `hidden_size` out."""
    from .multiperspective import MultiPerspectiveProjector

    options = ProjectorOptions.parse(config.mm_projector_type)
    return MultiPerspectiveProjector(config.mm_hidden_size, config.hidden_size, options)


PROJECTORS.add("multiperspective", build)
