"""What each perspective makes of a picture's patches."""

import pytest
import torch
from torch import nn

from emollm_plugin.projector.grid import mirrored
from emollm_plugin.projector.perspectives import Atmosphere, Layout, Objects, Relations

from .test_multiperspective import IN, open_reads, projector


def test_slots_compete_for_patches_and_hold_their_mean():
    torch.manual_seed(0)
    objects = Objects(IN, 5, slots=1)
    patches = torch.randn(2, 9, IN)
    assert torch.allclose(objects(patches)[:, 0], objects.proj(objects.norm(patches).mean(dim=1)), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("shade", [0.0, 1.0])
def test_a_slot_that_wins_nothing_and_a_picture_without_content_give_numbers(dtype, shade):
    """One slot lies opposite to every patch, and its share of e^-20 is zero in float16; or patches have no direction."""
    module = projector("multiperspective:slots=2")
    open_reads(module)
    direction = torch.linspace(-1, 1, IN)
    with torch.no_grad():
        module.perspectives["objects"].queries.copy_(torch.stack([direction, -direction]))
    module, patches = module.to(dtype), (shade * direction).to(dtype).expand(1, 16, IN).clone().requires_grad_()
    tokens = module(patches)
    tokens.float().square().mean().backward()
    assert tokens.isfinite().all() and patches.grad.isfinite().all()
    assert all(value.grad.isfinite().all() for value in module.parameters())


def test_relations_are_attention_between_the_slots():
    torch.manual_seed(0)
    relations, slots = Relations(6), torch.randn(2, 4, 6)
    parts = relations.to_qkv(relations.norm(slots)).chunk(3, dim=-1)
    wanted = slots + relations.out(nn.functional.scaled_dot_product_attention(*parts))
    assert torch.allclose(relations(slots), wanted, atol=1e-6)


def test_atmosphere_tells_contrast_and_texture_apart():
    torch.manual_seed(0)
    atmosphere = Atmosphere(IN, 5)
    flat = torch.ones(1, 8, IN)
    smooth = flat * torch.linspace(0, 2, 8)[None, :, None]
    shuffled = smooth[:, torch.tensor([0, 7, 1, 6, 2, 5, 3, 4])]
    assert not torch.allclose(atmosphere(flat), atmosphere(smooth))
    assert not torch.allclose(atmosphere(smooth), atmosphere(shuffled))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_differences_are_absolute_to_the_bit_and_so_are_their_gradients(dtype):
    """As by the two operators that one stands for; where two patches are equal, no gradient."""
    torch.manual_seed(0)
    patches, tiny = torch.randn(2, 9, IN), torch.finfo(dtype).tiny
    patches[:, 1], patches[:, 3] = patches[:, 0], patches[:, 2] + tiny
    given = []
    for own in (Atmosphere(IN, 5).differences, lambda patches: (None, *by_hand(patches))):
        leaf = patches.to(dtype).requires_grad_()
        _, contrast, texture = own(leaf)
        (contrast.sum() + texture.sum()).backward()
        given.append((contrast, texture, leaf.grad))
    assert all(torch.equal(*pair) for pair in zip(*given, strict=True))


def test_atmosphere_has_the_format_of_the_patches_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert Atmosphere(IN, 5).bfloat16()(torch.randn(1, 9, IN).bfloat16()).dtype == torch.bfloat16


def by_hand(patches):
    return (patches - patches.mean(dim=1)[:, None]).abs(), (patches[:, 1:] - patches[:, :-1]).abs()


@pytest.mark.parametrize("side", [3, 4, 9])
def test_layout_weighs_each_cell_of_the_picture_by_its_own(side):
    """Against the mean of each cell, taken patch by patch, times that cell's own part of the weights."""
    torch.manual_seed(0)
    layout, patches = Layout(IN, 5), torch.randn(2, side * side, IN)
    grid = patches.reshape(2, side, side, IN)
    spans = [slice(cell * side // 4, -((cell + 1) * side // -4)) for cell in range(4)]
    cells = torch.stack([grid[:, rows, columns].mean(dim=(1, 2)) for rows in spans for columns in spans], dim=1)
    normed = layout.norm(cells.flatten(1)).unflatten(1, (16, IN))
    brought = torch.stack([normed[:, cell] @ layout.proj.weight[:, cell * IN :][:, :IN].T for cell in range(16)], dim=1)
    assert torch.allclose(layout(patches)[:, 0], brought.sum(dim=1) + layout.proj.bias, atol=1e-5)
    assert torch.allclose(layout.lengths(patches), brought.norm(dim=-1), atol=1e-5)
    turned = grid.flip(2).flatten(1, 2)
    assert not torch.allclose(layout(turned), layout(patches)), "left and right differ"


def test_a_mirror_exchanges_left_and_right_of_about_half_of_the_pictures():
    patches = torch.arange(9.0)[None, :, None].repeat(100, 1, 2) + torch.arange(100.0)[:, None, None] * 10
    before, seen = patches.clone(), mirrored(patches, torch.Generator().manual_seed(0))
    assert torch.equal(patches, before)
    turned = [not torch.equal(own, whole) for own, whole in zip(seen, patches)]
    assert 30 < sum(turned) < 70
    assert torch.equal(seen[turned], patches[turned][:, [2, 1, 0, 5, 4, 3, 8, 7, 6]])
    assert torch.equal(seen, mirrored(patches, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("width", [1, 7, 8])
def test_layout_tells_pictures_apart_at_any_width(width):
    torch.manual_seed(0)
    own = projector(f"multiperspective:perspectives=layout,width={width}")
    open_reads(own)
    one, other = torch.randn(2, 1, 16, IN)
    assert not torch.allclose(own(one) - own.content(one), own(other) - own.content(other))
