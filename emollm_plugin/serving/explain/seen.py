"""What the perspectives of a projector attend to, from the numbers that its forward pass itself uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ...projector.fusion import fuse, weigh
from ...projector.multiperspective import MultiPerspectiveProjector, Read
from ...projector.perspectives import Atmosphere, Layout, Objects, Relations
from ...projector.warm_start import WarmStarted

# Slots that are shown, those that the visual tokens read most; a row of the picture has room for four.
SHOWN = 4
# Below these shares nothing is drawn: noise, stretched over a scale, would look like attention. A slot that tokens read less,
# and a perspective that changes them less, is said instead.
LEAST_READ, LEAST_CHANGE = 0.01, 0.0005
Passed = dict[str, tuple[tuple[Any, ...], Any]]


@dataclass(frozen=True)
class Map:
    """Numbers over the picture, on a grid (side, side) of patches or cells, or from slot to slot where `over_image` is not set.

    They are shares of 1 where `share` is set. Those over a sound are of its moments, (1, moments), and `wide`. Colours go from
    0 to `top`, which maps of one kind have in common; None for the map's own highest.
    """

    caption: str
    values: np.ndarray
    over_image: bool = True
    share: bool = True
    top: float | None = None
    wide: bool = False


@dataclass(frozen=True)
class Panel:
    """What one perspective attends to."""

    heading: str
    note: str
    maps: list[Map]


@contextmanager
def watching(projector: nn.Module) -> Iterator[Passed]:
    """Keep inputs and output of the last pass of the content, of every perspective and every read while the block runs."""
    passed: Passed = {}

    def keep(name: str) -> Any:
        return lambda module, inputs, output: passed.update({name: (inputs, output)})

    parts = {
        f"{kind}.{name}": module
        for kind in ("perspectives", "reads")
        for name, module in getattr(projector, kind, nn.ModuleDict()).items()
    }
    if isinstance(projector, WarmStarted):
        parts["content"] = projector.content
    handles = [module.register_forward_hook(keep(name)) for name, module in parts.items()]
    try:
        yield passed
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def look(projector: MultiPerspectiveProjector, passed: Passed) -> list[Panel]:
    """The panels of the perspectives in a watched pass; of several crops the first, which is the whole picture.

    One that hardly changed the visual tokens has no maps.
    """
    panels = {"objects": _objects, "relations": _relations, "atmosphere": _atmosphere, "layout": _layout}
    passed = {name: (_first(inputs), _first(output)) for name, (inputs, output) in passed.items()}
    change = changes(projector, passed)
    shown = [name for name in projector.perspectives if name in panels]
    return [_panel(name, panels[name], change[name], projector, passed) for name in shown]


def _first(given: Any) -> Any:
    """Of tensors over a batch, those of its first picture."""
    if isinstance(given, tuple):
        return tuple(_first(each) for each in given)
    return given[:1] if isinstance(given, Tensor) else given


def _panel(name: str, maker: Any, change: float, projector: MultiPerspectiveProjector, passed: Passed) -> Panel:
    said = strength(change)
    if change < LEAST_CHANGE:
        return Panel(name.capitalize(), f"{said}: too little to draw what it attends to.", [])
    note, maps = maker(projector, passed)
    return Panel(name.capitalize(), f"{note} {said}.", maps)


def _objects(projector: MultiPerspectiveProjector, passed: Passed) -> tuple[str, list[Map]]:
    shares, read = _shares(projector, passed), _read(passed, "objects")
    ranked = read.argsort(descending=True)[:SHOWN].tolist()
    strongest = [slot for slot in ranked if read[slot] >= LEAST_READ] or ranked[:1]
    top, unread = float(shares[strongest].max()), int((read < LEAST_READ).sum())
    maps = [Map(f"slot {slot + 1}, read {percent(read[slot])}", _on_grid(shares[slot]), top=top) for slot in strongest]
    left = f" ({unread} are read less than {percent(LEAST_READ)})" if unread else ""
    return f"How much of each patch a slot takes; {len(maps)} of {len(read)} slots{left}, most read first, on one scale.", maps


def _relations(projector: MultiPerspectiveProjector, passed: Passed) -> tuple[str, list[Map]]:
    (slots,), _ = passed["perspectives.relations"]
    weights, _ = cast(Relations, projector.perspectives["relations"]).attend(slots)
    shares = _shares(projector, passed)
    # Tokens read a slot, it takes from others, and these are means over patches.
    through = _read(passed, "relations") @ weights[0].float() @ (shares / shares.sum(-1, keepdim=True))
    matrix = Map("row: the slot that takes, in %", weights[0].float().cpu().numpy(), over_image=False)
    return "What each slot takes from each.", [matrix, Map("patches that come in by it", _on_grid(through))]


def _atmosphere(projector: MultiPerspectiveProjector, passed: Passed) -> tuple[str, list[Map]]:
    (patches,), _ = passed["perspectives.atmosphere"]
    _, contrast, texture = cast(Atmosphere, projector.perspectives["atmosphere"]).differences(patches)
    contrast, texture = contrast[0].float().mean(-1), texture[0].float().mean(-1)
    # The first patch has none before it, and is drawn as the least.
    texture = torch.cat([texture.min()[None], texture]) if len(texture) else torch.zeros_like(contrast)
    named = {"contrast: from the mean of all": contrast, "texture: from the patch before": texture}
    maps = [Map(caption, _on_grid(values), share=False) for caption, values in named.items()]
    return "How much each patch differs.", maps


def _layout(projector: MultiPerspectiveProjector, passed: Passed) -> tuple[str, list[Map]]:
    (patches,), _ = passed["perspectives.layout"]
    brought = cast(Layout, projector.perspectives["layout"]).lengths(patches)[0].float()
    note = f"How long each of {len(brought)} cells' part is before it is read; all alike: {percent(1 / len(brought))}."
    return note, [Map("share of a cell", _on_grid(brought / brought.sum()))]


def _shares(projector: MultiPerspectiveProjector, passed: Passed) -> Tensor:
    (patches,), _ = passed["perspectives.objects"]
    return cast(Objects, projector.perspectives["objects"]).attend(patches)[0][0].float()


def _read(passed: Passed, name: str) -> Tensor:
    """How much the visual tokens read each slot, (slots,), in the mean over the tokens."""
    (grid,), _ = passed["content"]
    _, (keys, _) = passed[f"reads.{name}"]
    return weigh(grid, [keys])[0][0].float().mean(0)


def changes(projector: nn.Module, passed: Passed) -> dict[str, float]:
    """How much what each of our reads adds changes the tokens, as a share of their length before it."""
    (patches,), tokens = passed["content"]
    shares = {}
    for name, read in cast(nn.ModuleDict, projector.reads).items():
        if isinstance(read, Read):
            after = fuse(tokens, patches, [passed[f"reads.{name}"][1]])
            shares[name] = float((after.float() - tokens.float()).norm() / tokens.float().norm())
            tokens = after
    return shares


def percent(share: Tensor | float) -> str:
    """As `12.3 %`."""
    return f"{100 * float(share):.1f} %"


def strength(change: float) -> str:
    """How far a perspective moves the tokens, in words; aligned to words, it may bring more than they were."""
    return (
        f"Changes the tokens by {percent(change)}" if change < 1 else f"Brings {change:.1f} times what the content tokens are"
    )


def _on_grid(values: Tensor) -> np.ndarray:
    side = isqrt(len(values))
    return values.reshape(side, side).cpu().numpy()
