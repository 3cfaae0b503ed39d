"""Sounds: recordings of speech, and whatever else is heard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..kind import Finding, MediumKind

if TYPE_CHECKING:
    from ..video import Sampling


class Recording(MediumKind):
    """A sound of its own; one that a clip has needs no medium beside the clip."""

    name, checking = "audio", "checking sounds"
    suffixes = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aiff", ".aif", ".amr", ".mka")

    def ready(self) -> None:
        from ..pyav import load_pyav

        load_pyav(self.checking)

    def open(self, path: Path, sampling: Sampling) -> Finding:
        from ..sound import RATE, read_sound

        return Finding(None, len(read_sound(path)) / RATE)


KIND = Recording()
