"""The projector of sound: content tokens pooled over time, enriched by perspectives (our reading, as for pictures).

Signature :: list of [P, in_dim] --> [tokens of all, out_dim], of each the option `tokens`, or P without it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emobench_data.io.errors import InputError

from .options import SoundOptions
from .perspectives import GatedAdd
from .warm_start import WarmStarted, content

Sounds = Sequence[Tensor]


class Standard(nn.Module):
    """Each channel of the encoder's positions on a scale of its own; at first as it is (our own).

    A few of Whisper's channels are far larger than all others, and norms over the channels would hide these. Alignment takes
    mean and scale from the training sounds. (..., in_dim) -> (..., in_dim)
    """

    def __init__(self, in_dim: int) -> None:
        super().__init__()
        self.mean, self.scale = nn.Parameter(torch.zeros(in_dim)), nn.Parameter(torch.ones(in_dim))

    def forward(self, positions: Tensor) -> Tensor:
        return (positions - self.mean) * self.scale

    @torch.no_grad()
    def fit(self, sounds: Sounds) -> None:
        """Bring each channel of all positions of `sounds` to mean 0 and deviation 1; one that never moves keeps its scale."""
        count = sum(len(sound) for sound in sounds)
        mean = torch.stack([sound.double().sum(dim=0) for sound in sounds]).sum(dim=0) / count
        squares = torch.stack([(sound.double() - mean).square().sum(dim=0) for sound in sounds]).sum(dim=0)
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(squares > 0, (squares / count).rsqrt(), 1.0))

    @torch.no_grad()
    def fold(self, layer: nn.Linear) -> None:
        """Have `layer` take positions as they are, where it was trained on what comes out of here."""
        layer.weight.mul_(self.scale)
        layer.bias.sub_(layer.weight @ self.mean)


class Tone(nn.Module):
    """How the voice is as a whole: mean and spread over time.

    (P, in_dim) of each sound, how many tokens each gives -> (tokens of all, width)
    """

    def __init__(self, in_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(2 * in_dim)
        self.proj = nn.Linear(2 * in_dim, width)

    def forward(self, sounds: Sounds, tokens: Sequence[int]) -> Tensor:
        summed = [torch.cat([sound.mean(dim=0), sound.std(dim=0, unbiased=False)]) for sound in sounds]
        return _for_each(self.proj(_normed(self.norm, torch.stack(summed))), tokens)


class Change(nn.Module):
    """How the voice moves, token by token: from the one before it, and from position to position within it.

    (P, in_dim) of each sound, how many tokens each gives -> (tokens of all, width)
    """

    def __init__(self, in_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(2 * in_dim)
        self.proj = nn.Linear(2 * in_dim, width)

    def forward(self, sounds: Sounds, tokens: Sequence[int]) -> Tensor:
        moved = [self._moved(sound, count) for sound, count in zip(sounds, tokens)]
        return F.gelu(self.proj(_normed(self.norm, torch.cat(moved))))

    def _moved(self, sound: Tensor, count: int) -> Tensor:
        """(P, in_dim) -> (count, 2 * in_dim); of the first there is none before."""
        pooled, steps = pool(sound, count), sound.diff(dim=0, prepend=sound[:1]).abs()
        return torch.cat([pooled.diff(dim=0, prepend=pooled[:1]), pool(steps, count)], dim=1)


class Course(nn.Module):
    """Beginning, middle and end of the sound, each with weights of its own, as `Layout` does for places in a picture.

    (P, in_dim) of each sound, how many tokens each gives -> (tokens of all, width)
    """

    PARTS = 3

    def __init__(self, in_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(self.PARTS * in_dim)
        self.proj = nn.Linear(self.PARTS * in_dim, width)

    def forward(self, sounds: Sounds, tokens: Sequence[int]) -> Tensor:
        parts = torch.stack([pool(sound, self.PARTS).flatten() for sound in sounds])
        return _for_each(self.proj(_normed(self.norm, parts)), tokens)


def pool(sound: Tensor, tokens: int) -> Tensor:
    """Means over `tokens` equal stretches of time; of fewer positions some stand twice: (P, C) -> (tokens, C)."""
    return sound if len(sound) == tokens else F.adaptive_avg_pool1d(sound.T[None], tokens)[0].T


def _normed(norm: nn.LayerNorm, values: Tensor) -> Tensor:
    return norm(values.to(norm.weight.dtype))


def _for_each(contexts: Tensor, tokens: Sequence[int]) -> Tensor:
    """What holds for a whole sound beside each of its tokens: (B, width) -> (tokens of all, width)."""
    counts = torch.tensor(tokens, device=contexts.device)
    return contexts.repeat_interleave(counts, dim=0, output_size=sum(tokens))


# Name -> the perspective, and how wide it is.
BUILDERS: dict[str, Callable[[int, int], tuple[nn.Module, int]]] = {
    "tone": lambda in_dim, width: (Tone(in_dim, width), width),
    "change": lambda in_dim, width: (Change(in_dim, width), width),
    # It has weights for each of its parts; a norm over one number is constant.
    "course": lambda in_dim, width: (Course(in_dim, max(width // 4, 2)), max(width // 4, 2)),
}


class SoundProjector(WarmStarted):
    """Fresh, it equals `mlp2x_gelu` exactly, on pooled positions when it condenses, as `MultiPerspectiveProjector` does.

    Every layer runs once for all sounds together, as many as there are: under ZeRO-3 all ranks must run the same.

    Args:
        in_dim: width of the encoder's positions.
        out_dim: width of the language model.
        options: see `SoundOptions`.
    """

    tower = "audio tower"

    def __init__(self, in_dim: int, out_dim: int, options: SoundOptions) -> None:
        super().__init__()
        self.standard, self.content = Standard(in_dim), content(in_dim, out_dim)
        self.made_for, self.tokens = in_dim, options.tokens
        built = {name: BUILDERS[name](in_dim, options.width) for name in options.perspectives}
        self.perspectives = nn.ModuleDict({name: perspective for name, (perspective, _) in built.items()})
        self.reads = nn.ModuleDict({name: GatedAdd(out_dim, width) for name, (_, width) in built.items()})

    def lengths(self, sounds: Sounds) -> list[int]:
        """How many tokens each sound gives."""
        return [self.tokens or len(sound) for sound in sounds]

    def forward(self, sounds: Sounds) -> Tensor:
        """Project the positions (P, in_dim) of each sound, P from 1 -> (tokens of all, out_dim), see `lengths`.

        One tensor comes out: of several, ZeRO-3 goes back once for each, and no other rank has as many sounds.

        Raises:
            InputError: the positions have another width.
        """
        if sounds[0].shape[-1] != self.made_for:
            raise InputError(
                f"the audio tower's positions are {sounds[0].shape[-1]} wide, the projector was made for {self.made_for};"
                " take the audio tower that it was trained with"
            )
        # Of sums over time, bfloat16 keeps too little.
        sounds = self.standard(torch.cat([*sounds]).float()).split([len(sound) for sound in sounds])
        counts = self.lengths(sounds)
        positions = torch.cat([pool(sound, count) for sound, count in zip(sounds, counts)])
        positions = positions.to(next(self.parameters()).dtype)
        tokens = self.content(positions)
        for name, perspective in self.perspectives.items():
            tokens = tokens + self.reads[name](perspective(sounds, counts))
        return tokens


def project(projector: nn.Module, sounds: Sounds) -> list[Tensor]:
    """What a projector of sound makes of each of `sounds` (P, in_dim); one of the host's takes them position by position."""
    if isinstance(projector, SoundProjector):
        return list(projector(sounds).split(projector.lengths(sounds)))
    like = next(projector.parameters(), sounds[0])
    return list(projector(torch.cat([*sounds]).to(like.dtype)).split([len(sound) for sound in sounds]))
