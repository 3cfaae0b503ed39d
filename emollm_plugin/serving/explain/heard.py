"""What the perspectives of a projector of sound attend to: what they would bring if a moment of it were as all the rest.

A tone or a change is one number over the whole sound, so that no weights over time can be read off. In place of these each
moment in turn becomes the mean of the sound, and what a perspective adds to the tokens then is held against what it added
(our reading).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from ...projector.sound import SoundProjector
from .seen import LEAST_CHANGE, Map, Panel, Passed, changes, strength

MOMENTS = 48  # at most; each is a pass of a perspective, all in one batch
NOTES = {
    "tone": "Mean and spread over time.",
    "change": "From token to token, and within each.",
    "course": "Beginning, middle and end.",
}
TITLE = "{name} of the voice"


@torch.inference_mode()
def listen(projector: SoundProjector, passed: Passed) -> list[Panel]:
    """The panels of the perspectives in a watched pass over one sound; one that hardly changed the tokens has no map."""
    return [_panel(name, change, projector, passed) for name, change in changes(projector, passed).items()]


def _panel(name: str, change: float, projector: SoundProjector, passed: Passed) -> Panel:
    heading, said = TITLE.format(name=name.capitalize()), strength(change)
    if change < LEAST_CHANGE:
        return Panel(heading, f"{said}: too little to draw what it attends to.", [])
    moved = _moments(name, projector, passed)
    shares = moved / moved.sum().clamp_min(torch.finfo(moved.dtype).tiny)
    # Where all moments count alike none is to stand out: their share is the middle of the scale.
    top = max(float(shares.max()), 2 / len(shares))
    one = Map(f"share of each of {len(shares)} moments", shares[None].cpu().numpy(), top=top, wide=True)
    return Panel(heading, f"{NOTES.get(name, '')} {said}.".strip(), [one])


def _moments(name: str, projector: SoundProjector, passed: Passed) -> Tensor:
    """How far what is added moves when a moment is as the mean of the sound: (moments,) in the order of time."""
    (sounds, counts), _ = passed[f"perspectives.{name}"]
    sound, count = sounds[0], counts[0]
    edges = torch.linspace(0, len(sound), min(MOMENTS, len(sound)) + 1).round().int().tolist()
    without = [_without(sound, *moment) for moment in pairwise(edges)]
    read, perspective = projector.reads[name], projector.perspectives[name]
    whole = read(perspective([sound], [count]))
    contexts = perspective(without, [count] * len(without)).split(count)
    return torch.stack([(read(each) - whole).float().norm() for each in contexts])


def _without(sound: Tensor, start: int, end: int) -> Tensor:
    """(P, C) with the mean of all in place of what is between two positions."""
    other = sound.clone()
    other[start:end] = sound.mean(dim=0)
    return other
