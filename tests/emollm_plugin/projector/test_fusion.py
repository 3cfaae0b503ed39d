"""All reads at once against one after another: same tokens, same gradients; and how few operators and bytes that takes."""

import pytest
import torch
from torch import nn

from benchmarks.operators import growing, operators
from emollm_plugin.planning.activations import saved_bytes
from emollm_plugin.projector.grid import pool
from emollm_plugin.projector.perspectives import GatedRead
from emollm_plugin.registry import PERSPECTIVE_BUILDERS

from .test_multiperspective import IN, OUT, open_reads, projector

KINDS = [
    "multiperspective",
    "multiperspective:tokens=4",
    "multiperspective:perspectives=objects+relations+atmosphere+layout+change",
    "multiperspective:perspectives=atmosphere+layout",
]


def shifted(module):
    """With open reads and norms that scale and shift, as trained ones do."""
    open_reads(module)
    with torch.no_grad():
        for name, value in module.named_parameters():
            if ".norm." in name or name.endswith("gate"):
                value.add_(0.3 * torch.randn_like(value))
    return module


def one_by_one(module, patches, clips=None):
    """The projector as it was first written: each read by itself, cosines of normalised patches."""
    grid = pool(patches, module.tokens) if module.tokens else patches
    tokens, context = module.content(grid), patches
    for name, perspective in module.perspectives.items():
        if name == "objects":
            normal = perspective.norm(patches)
            unit = nn.functional.normalize
            shares = (10 * unit(perspective.queries, dim=-1) @ unit(normal, dim=-1).transpose(1, 2)).softmax(dim=1)
            context = perspective.proj(shares / shares.sum(dim=-1, keepdim=True) @ normal)
        elif name == "change":
            context = perspective(grid, clips)
        else:
            context = perspective(context if name == "relations" else patches)
        read = module.reads[name]
        values = read.to_value(read.norm(context))
        if hasattr(read, "to_key"):
            scores = grid @ read.to_key(read.norm(context)).transpose(1, 2) * grid.shape[-1] ** -0.5
            values = scores.softmax(dim=-1) @ values
        tokens = tokens + read.gate * values
    return tokens


@pytest.mark.parametrize("kind", KINDS)
def test_all_reads_at_once_give_tokens_and_gradients_of_one_after_another(kind):
    module, given = shifted(projector(kind)), []
    clips = [3, 2] if module.reads_clips else None
    for run in (module, lambda *inputs: one_by_one(module, *inputs)):
        torch.manual_seed(1)
        patches = torch.randn(5, 16, IN, requires_grad=True)
        module.zero_grad()
        tokens = run(patches, clips)
        (tokens * torch.linspace(-1, 1, OUT)).square().sum().backward()
        given.append([tokens.detach(), patches.grad, *(value.grad for value in module.parameters())])
    assert all(torch.allclose(*pair, rtol=1e-4, atol=1e-5) for pair in zip(*given, strict=True))


class Mean(nn.Linear):
    """Three context tokens, all the same."""

    def forward(self, patches):
        return super().forward(patches.mean(1, keepdim=True)).expand(-1, 3, -1)


class Doubling(nn.Module):
    """A read of another package, which takes the tokens themselves."""

    def forward(self, tokens, patches, context):
        return 2 * tokens + context.mean() * patches.mean()


def test_reads_of_other_packages_come_in_their_place(monkeypatch):
    """One of their own takes what stood before it, ours beside it; a read may have another number of keys."""
    reads = {"aa": lambda i, o: GatedRead(i, o, 5), "bb": lambda *_: Doubling(), "cc": lambda i, o: GatedRead(i, o, 5)}
    for name, read in reads.items():
        monkeypatch.setitem(
            PERSPECTIVE_BUILDERS._things, name, lambda in_dim, out_dim, _, read=read: (Mean(in_dim, 5), read(in_dim, out_dim))
        )
    module, patches = projector("multiperspective:perspectives=objects+layout+aa+bb+cc"), torch.randn(2, 16, IN)
    open_reads(module, "objects", "layout", "aa", "cc")
    tokens, context = module(patches), module.perspectives["bb"](patches)
    doubling, (_, last) = module.reads["bb"], module.reads["cc"](module.perspectives["cc"](patches))
    for name in ("bb", "cc"):
        del module.perspectives[name]
    wanted = doubling(module(patches), patches, context) + last[:, :1]
    assert torch.allclose(tokens, wanted, atol=1e-5)


def counted(kind, *, backward):
    """Operators at the sizes of LLaVA-1.5 but for fewer patches, those of them that grow with the patches, and those on all."""
    found = []
    with torch.device("meta"):
        module = projector(kind, in_dim=1024, out_dim=4096)
        for patches in (torch.empty(1, 64, 1024), torch.empty(1, 144, 1024)):
            module.zero_grad()
            run = (lambda: module(patches).sum().backward()) if backward else (lambda: module(patches))  # noqa: B023
            with torch.set_grad_enabled(backward):
                found.append(operators(run))
    few, many = found
    whole = sum(new >= patches.numel() for (_, old), (_, new) in zip(few, many) if old != new)
    return len(few), len(growing(*found)), whole


@pytest.mark.parametrize(("backward", "most", "most_growing"), [(False, 62, 23), (True, 181, 61)])
def test_operators_stay_few(backward, most, most_growing):
    """`mlp2x_gelu` has three; what grows with the patches is launched on tensors that are worth it, or on (N, slots)."""
    assert counted("multiperspective:perspectives=none", backward=backward)[:2] == ((11, 10) if backward else (3, 3))
    total, grow, whole = counted("multiperspective", backward=backward)
    assert total <= most and grow <= most_growing
    assert backward or whole <= 15, "operators on all patches or tokens"


def test_little_more_is_kept_for_the_backward_than_of_the_mlp():
    """At 576 x 1024 to 4096, patches of a frozen tower: the MLP's activations, and the patches once more, normalised."""
    kept = []
    with torch.device("meta"):
        for kind in ("multiperspective:perspectives=none", "multiperspective"):
            module, patches = projector(kind, in_dim=1024, out_dim=4096), torch.empty(1, 576, 1024)
            kept.append(saved_bytes(module, lambda: module(patches)))  # noqa: B023
    assert kept[0] < kept[1] <= 1.2 * kept[0]
