"""Dialogues in which somebody is listened to: how the person feels, what would help, and what to say."""

from __future__ import annotations

from collections.abc import Sequence

from ..asking import DIALOGUE
from ..task import Task, task

SPEAKER, LISTENER = "Speaker", "Listener"  # the person who feels, and the one who answers
_CLOSELY = "Read closely what the speaker says, what lies behind it, and what was answered so far."


def so_far(turns: Sequence[tuple[str, str]], *, situation: str = "") -> str:
    """A dialogue as a prompt shows it; what one says in a row is one turn, so that turns alternate.

    Args:
        turns: `(who, words)`, by `SPEAKER` and `LISTENER`; none where nothing has been said yet.
        situation: what the person has told beforehand.
    """
    joined: list[tuple[str, str]] = []
    for who, said in turns:
        flat = " ".join(said.split())
        if joined and joined[-1][0] == who:
            joined[-1] = (who, f"{joined[-1][1]} {flat}")
        else:
            joined.append((who, flat))
    lines = [f"Situation: {' '.join(situation.split())}"] if situation.strip() else []
    return "\n".join([*lines, DIALOGUE, *(f"{who}: {said}" for who, said in joined or [(LISTENER, "(begins)")])])


def _task(name: str, title: str, kind: str, wordings: tuple[str, ...], steps: str = "") -> Task:
    return task(name, title, kind, wordings, look=_CLOSELY, read=_CLOSELY, steps=steps)


TASKS = (
    _task(
        "speaker_emotion",
        "Emotion of the speaker",
        "closed",
        (
            "How does the person who tells this feel?",
            "Which emotion fits the person who tells this best?",
            "Name the feeling of the one who speaks.",
        ),
    ),
    _task(
        "strategy",
        "Strategy of support",
        "strategy",
        (
            "What does the listener's next turn do?",
            "Which strategy of support does the listener take next?",
            "Decide how the listener goes on.",
        ),
    ),
    _task(
        "reply",
        "Reply",
        "response",
        (
            "What does the listener say next?",
            "Answer the speaker as the listener.",
            "Write the listener's next turn.",
        ),
        steps="Say first how the speaker feels and what would help, a line each.",
    ),
)
