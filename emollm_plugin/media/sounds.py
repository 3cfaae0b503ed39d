"""Sound where the host expects pictures: read as the benchmark reads it."""

from __future__ import annotations

from emobench_data.media.sound import MAX_SECONDS, RATE, has_sound, read_sound, sound_seconds

__all__ = ["MAX_SECONDS", "RATE", "has_sound", "read_sound", "sound_seconds"]
