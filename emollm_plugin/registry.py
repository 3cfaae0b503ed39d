"""Names that the plug-in adds to the host, and those that other packages add to the plug-in by entry points."""

from __future__ import annotations

from collections.abc import Callable

from emobench_data.io.registry import Registry

# A projector builder gets the host's config, whose `mm_projector_type` holds the whole type string.
PROJECTORS: Registry[Callable] = Registry("projector type", "emollm_plugin.projectors")
# The same of sound, whose type string is the config's `mm_audio_projector_type`.
SOUND_PROJECTORS: Registry[Callable] = Registry("projector type of sound", "emollm_plugin.sound_projectors")
# A tower builder gets the tower's name, the host's arguments and `delay_load`.
TOWERS: Registry[Callable] = Registry("vision tower", "emollm_plugin.towers")
# As those; `towers.whisper.AudioTower` says what an audio tower is asked for.
AUDIO_TOWERS: Registry[Callable] = Registry("audio tower", "emollm_plugin.audio_towers")
# A perspective builder gets the tower's width, the language model's and the projector's options, and gives two modules: the
# perspective, called with the patches `(B, N, in_dim)`, and its read. That is `GatedRead` or `GatedAdd`, or a module of one's
# own, called with the tokens `(B, M, out_dim)`, the patches pooled to as many `(B, M, in_dim)`, and what the perspective gave,
# which puts out tokens. Fresh, the read must add nothing.
PERSPECTIVE_BUILDERS: Registry[Callable] = Registry("perspective", "emollm_plugin.perspectives")


def projector_family(projector_type: str) -> str:
    """`multiperspective:slots=8` -> `multiperspective`: the registered name before the options."""
    return projector_type.split(":", 1)[0]


def register_projector(name: str, build: Callable) -> None:
    """Let `--mm_projector_type NAME:OPTIONS` mean what `build(config)` makes of the host's config.

    Raises:
        InputError: the name is taken.
    """
    PROJECTORS.add(name, build)


def register_tower(name: str, build: Callable) -> None:
    """Let `--vision_tower NAME` mean what `build(name, config, **kwargs)` makes, `delay_load` among the keywords.

    Raises:
        InputError: the name is taken.
    """
    TOWERS.add(name, build)


def register_audio_tower(name: str, build: Callable) -> None:
    """Let `--mm_audio_tower NAME` mean what `build(name, config, **kwargs)` makes, `delay_load` among the keywords.

    Raises:
        InputError: the name is taken.
    """
    AUDIO_TOWERS.add(name, build)
