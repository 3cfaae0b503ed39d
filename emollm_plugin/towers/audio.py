"""Audio towers: Whisper by registered name, folder or hub name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from .._home import ROOT
from ..registry import AUDIO_TOWERS

WHISPER_TINY = "whisper_tiny_en"
MODELS = "MODELS"  # of the environment: where the launchers put the small models of the package registry


def whisper_tiny_folder() -> Path:
    """Where `whisper_tiny_en` lies: below MODELS of the environment, else below `models` of the clone or the current folder."""
    return Path(os.environ.get(MODELS) or ROOT / "models").expanduser() / "whisper-tiny-en"


def build_audio_tower(config: Any, delay_load: bool = False) -> Any:
    """The audio tower that `config.mm_audio_tower` names, at the layer `config.mm_audio_select_layer`.

    Args:
        config: the host's arguments, or the config of a saved model. `mm_audio_hidden_size` there is the width that the
            model's audio projector was made for.
        delay_load: whether to leave the weights for `load_model`.

    Raises:
        InputError: it is none that is known, has no such layer, is not on this machine, or has another width.
    """
    name = getattr(config, "mm_audio_tower", None)
    if not name:
        raise InputError("the model's configuration names no audio tower; name one with --mm_audio_tower")
    build = AUDIO_TOWERS.get(name) if name in AUDIO_TOWERS else _whisper
    tower = build(name, config, delay_load=delay_load)
    trained = getattr(config, "mm_audio_hidden_size", None)
    if trained not in (None, tower.hidden_size):
        raise InputError(f"audio tower {name} is {tower.hidden_size} wide, the projector was made for {trained}")
    return tower


def _whisper(name: str, config: Any, *, place: Path | None = None, delay_load: bool = False) -> Any:
    from .whisper import AudioTower

    folder = place or Path(name).expanduser()
    layer = getattr(config, "mm_audio_select_layer", None)
    return AudioTower(name, place=str(folder) if folder.is_dir() else name, layer=layer, delay_load=delay_load)


def _whisper_tiny(name: str, config: Any, **kwargs: Any) -> Any:
    folder = whisper_tiny_folder()
    if not (folder / "config.json").is_file():
        raise InputError(f"audio tower {name!r}: no weights in {folder}; run: emollm base whisper (71 MB, once)")
    return _whisper(name, config, place=folder, **kwargs)


AUDIO_TOWERS.add(WHISPER_TINY, _whisper_tiny)
