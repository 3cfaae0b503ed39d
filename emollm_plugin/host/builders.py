"""The host's builders of projectors, vision towers and loaded models."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from .. import projector  # noqa: F401  (fills its registry)
from ..attach import wrap
from ..registry import PROJECTORS, projector_family
from ..towers import builders as towers


def on_projector_builder(module: ModuleType) -> None:
    wrap(module, "build_vision_projector", _projector_builder)


def _projector_builder(host_builder: Callable) -> Callable:
    def build_vision_projector(config, delay_load=False, **kwargs):
        projector_type = getattr(config, "mm_projector_type", "linear")
        if projector_family(projector_type) in PROJECTORS:
            return PROJECTORS.get(projector_family(projector_type))(config)
        return host_builder(config, delay_load=delay_load, **kwargs)

    return build_vision_projector


def on_tower_builder(module: ModuleType) -> None:
    wrap(module, "build_vision_tower", _tower_builder)


def _tower_builder(host_builder: Callable) -> Callable:
    from ..compat.cpu import tower_in_host_format
    from ..compat.zero3 import generator_kept

    def build_vision_tower(config, **kwargs):
        name = getattr(config, "mm_vision_tower", getattr(config, "vision_tower", None))
        ours = towers.builder_of(name)
        with generator_kept():
            tower = ours(name, config, **kwargs) if ours else host_builder(config, **kwargs)
        towers.check_tower(tower, config)
        tower_in_host_format(tower)
        return tower

    return build_vision_tower


def on_model_builder(module: ModuleType) -> None:
    from llava.conversation import conv_templates

    from ..checkpoints.load import checked_load
    from ..prompt.stop import stopping_load

    wrap(module, "load_pretrained_model", lambda host: stopping_load(checked_load(host), conv_templates))
