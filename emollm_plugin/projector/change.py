"""The perspective on change: what differs between the frames of a clip, patch by patch (our reading)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emobench_data.io.errors import InputError


class Change(nn.Module):
    """Each frame beside the one before it and beside the clip's first, with its place in the clip.

    (F, N, in_dim), the frames of all clips of a batch one after another -> (F, N, width)

    A still is a clip of one frame: it runs through the same parameters, its differences are zero.

    Args:
        frames: places that are told apart; a clip has no more frames.
    """

    def __init__(self, in_dim: int, width: int, frames: int) -> None:
        super().__init__()
        # Before the differences: a difference has no scale of its own, and scaled to one it would be noise in a still.
        self.norm = nn.LayerNorm(in_dim)
        self.proj = nn.Linear(2 * in_dim, width)
        self.places = nn.Parameter(0.1 * torch.randn(frames, width))

    def forward(self, patches: Tensor, clips: Sequence[int] | None = None) -> Tensor:
        """Changes of every frame.

        Args:
            clips: how many frames each clip has, F together; None stands for stills.

        Raises:
            InputError: a clip has more frames than the projector was made for.
        """
        if clips is None:
            clips = [1] * len(patches)
        if max(clips) > len(self.places):
            raise InputError(f"projector option frames={len(self.places)}: a clip has {max(clips)} frames")
        first, place = _places(clips, patches.device)
        before = first + (place - 1).clamp(min=0)
        patches = self.norm(patches)
        changes = torch.cat([patches - patches[before], patches - patches[first]], dim=-1)
        return F.gelu(self.proj(changes) + self.places[place][:, None])


def _places(clips: Sequence[int], device: torch.device) -> tuple[Tensor, Tensor]:
    """For each frame the index of its clip's first frame, and how many frames come before it in its clip: (F,) each."""
    lengths = torch.tensor(clips, device=device)
    first = (lengths.cumsum(0) - lengths).repeat_interleave(lengths, output_size=sum(clips))
    return first, torch.arange(sum(clips), device=device) - first
