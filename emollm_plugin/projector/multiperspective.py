"""The projector: content tokens enriched by perspectives (our reading of "Multi-perspective Visual Projection").

Signature :: [B, N, in_dim] --> [B, N or tokens, out_dim]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from emobench_data.io.errors import InputError

from ..registry import PERSPECTIVE_BUILDERS
from .change import Change
from .fusion import Brought, fuse
from .grid import grid_side, pool
from .options import ProjectorOptions
from .perspectives import Atmosphere, GatedAdd, GatedRead, Layout, Objects, Relations
from .warm_start import WarmStarted, content

Read = GatedRead | GatedAdd


def _layout(in_dim: int, out_dim: int, options: ProjectorOptions) -> tuple[nn.Module, nn.Module]:
    narrow = max(options.width // 4, 2)  # it has weights for each of its cells; a norm over one number is constant
    return Layout(in_dim, narrow), GatedAdd(out_dim, narrow)


# Name -> the perspective and its read, of the tower's width, the language model's, and the options.
BUILDERS: dict[str, Callable[[int, int, ProjectorOptions], tuple[nn.Module, nn.Module]]] = {
    "objects": lambda in_dim, out_dim, own: (Objects(in_dim, own.width, own.slots), GatedRead(in_dim, out_dim, own.width)),
    "relations": lambda in_dim, out_dim, own: (Relations(own.width), GatedRead(in_dim, out_dim, own.width)),
    "atmosphere": lambda in_dim, out_dim, own: (Atmosphere(in_dim, own.width), GatedAdd(out_dim, own.width)),
    "layout": _layout,
    "change": lambda in_dim, out_dim, own: (Change(in_dim, own.width, own.frames), GatedAdd(out_dim, own.width)),
}


class MultiPerspectiveProjector(WarmStarted):
    """As many tokens out as came in (enrich), or fewer (condense).

    Fresh, it equals the host's `mlp2x_gelu` exactly, on pooled patches when it condenses, since every perspective's
    values are zero.

    Args:
        in_dim: width of the vision tower's tokens.
        out_dim: width of the language model.
        options: see `ProjectorOptions`.
    """

    def __init__(self, in_dim: int, out_dim: int, options: ProjectorOptions) -> None:
        super().__init__()
        self.content = content(in_dim, out_dim)
        self.made_for, self.tokens = in_dim, options.tokens
        built = {name: PERSPECTIVE_BUILDERS.get(name)(in_dim, out_dim, options) for name in options.perspectives}
        self.perspectives = nn.ModuleDict({name: perspective for name, (perspective, _) in built.items()})
        self.reads = nn.ModuleDict({name: read for name, (_, read) in built.items()})

    @property
    def reads_clips(self) -> bool:
        """Whether it makes a difference which pictures of a batch are frames of one clip."""
        return "change" in self.perspectives

    def forward(self, patches: Tensor, clips: Sequence[int] | None = None) -> Tensor:
        """Project patch tokens (B, N, in_dim) -> (B, N, out_dim), or (B, tokens, out_dim) when it condenses.

        Args:
            clips: how many of the B pictures belong to each clip, in order; None where all are stills.

        Raises:
            InputError: the tokens have another width, or form no square grid (see `grid_side`).
        """
        if patches.shape[-1] != self.made_for:
            raise InputError(
                f"the vision tower's tokens are {patches.shape[-1]} wide, the projector was made for {self.made_for};"
                " take the vision tower that it was trained with"
            )
        grid_side(patches.shape[1], self.tokens)
        grid = pool(patches, self.tokens) if self.tokens else patches
        tokens, context = self.content(grid), patches
        brought: list[Brought] = []
        for name, perspective in self.perspectives.items():
            # Relations read the slots that objects has just made, change the frames; the others read the patches.
            if name == "change":
                context = perspective(grid, clips)
            else:
                context = perspective(context if name == "relations" else patches)
            read = self.reads[name]
            if isinstance(read, Read):
                brought.append(read(context))
            else:  # another package's own, which takes the tokens as they are by then
                tokens, brought = read(fuse(tokens, grid, brought), grid, context), []
        return fuse(tokens, grid, brought)
