"""What people heard in a voice, as numbers: how strong a named emotion is, and how aroused and how authentic it sounds."""

from __future__ import annotations

from ..task import Task, task


def _heard(name: str, title: str, *asked: str) -> Task:
    return task(name, title, "number:low=0,high=10,decimals=1", asked)


TASKS = (
    _heard(
        "voice_intensity",
        "EmoNet-Voice, intensity",
        "How strong is the named emotion in the voice?",
        "Rate how much of the named emotion this voice expresses.",
    ),
    _heard("voice_arousal", "EmoNet-Voice, arousal", "How aroused does the voice sound?", "Rate the arousal of this voice."),
    _heard(
        "voice_authenticity",
        "EmoNet-Voice, authenticity",
        "How authentic does the feeling in the voice sound?",
        "Rate how genuine this voice sounds.",
    ),
)
