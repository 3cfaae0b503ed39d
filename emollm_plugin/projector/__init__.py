"""The projector type `multiperspective`. Torch is loaded when a projector is built, not before."""

from functools import partial
from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

from ..registry import PERSPECTIVE_BUILDERS, PROJECTORS, SOUND_PROJECTORS
from .options import ALL, ProjectorOptions, SoundOptions

if TYPE_CHECKING:
    from .multiperspective import MultiPerspectiveProjector

__getattr__ = handing_out(__name__, {"MultiPerspectiveProjector": "multiperspective"})

__all__ = ["MultiPerspectiveProjector", "ProjectorOptions", "build"]


def build(config):
    """Build the projector that `config.mm_projector_type` spells out, `mm_hidden_size` in and `hidden_size` out."""
    from .multiperspective import MultiPerspectiveProjector

    options = ProjectorOptions.parse(config.mm_projector_type)
    return MultiPerspectiveProjector(config.mm_hidden_size, config.hidden_size, options)


def build_for_sound(config):
    """Build the projector that `config.mm_audio_projector_type` spells out, from `mm_audio_hidden_size` to `hidden_size`."""
    from .sound import SoundProjector

    options = SoundOptions.parse(config.mm_audio_projector_type)
    return SoundProjector(config.mm_audio_hidden_size, config.hidden_size, options)


def _build_perspective(name, in_dim, out_dim, options):
    from .multiperspective import BUILDERS

    return BUILDERS[name](in_dim, out_dim, options)


PROJECTORS.add("multiperspective", build)
SOUND_PROJECTORS.add("multiperspective", build_for_sound)
for _name in ALL:
    PERSPECTIVE_BUILDERS.add(_name, partial(_build_perspective, _name))
