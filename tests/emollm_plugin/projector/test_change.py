"""The perspective on change: it sees the order of a clip's frames, and nothing in a still or in another clip."""

import pytest
import torch
from torch import nn

from emobench_data import InputError
from emollm_plugin.projector.change import Change
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions

IN, OUT = 12, 20
KIND = "multiperspective:perspectives=objects+change,slots=2,width=16,frames=4"


def projector(kind=KIND, *, opened=()):
    torch.manual_seed(0)
    module = MultiPerspectiveProjector(IN, OUT, ProjectorOptions.parse(kind))
    for name in opened:
        module.reads[name].to_value.open()
    return module


def test_it_is_there_only_where_it_is_named_and_old_checkpoints_load():
    assert not projector("multiperspective").reads_clips and projector().reads_clips
    assert ProjectorOptions.parse(KIND).perspectives == ("objects", "change")
    assert ProjectorOptions.parse("multiperspective").frames == 8


def test_fresh_it_leaves_every_frame_as_a_still():
    frames = torch.randn(5, 9, IN)
    assert torch.equal(
        projector()(frames, clips=[4, 1]), projector("multiperspective:perspectives=objects,slots=2,width=16")(frames)
    )


def test_clips_of_a_batch_do_not_see_each_other_and_a_still_is_a_clip_of_one():
    module, frames = projector(opened=["change"]), torch.randn(8, 9, IN)
    alone = [module(part, clips=[len(part)]) for part in frames.split([3, 1, 4])]
    assert torch.allclose(module(frames, clips=[3, 1, 4]), torch.cat(alone), atol=1e-6)
    assert torch.equal(module(frames[3:4]), module(frames[3:4], clips=[1]))


def test_it_tells_a_clip_from_the_same_frames_backwards():
    """The mean over frames is one and the same without it: the sum of what every frame says alone."""
    frames = torch.randn(4, 9, IN)
    closed, seen = projector(), projector(opened=["change"])
    for module, same in ((closed, True), (seen, False)):
        means = [module(clip, clips=[4]).mean(dim=0) for clip in (frames, frames.flip(0))]
        assert torch.allclose(*means, atol=1e-5) == same


def test_what_it_reads_are_differences_of_neighbours_and_to_the_first_frame():
    change, frames = Change(IN, 5, 4), torch.randn(3, 2, IN)
    normal = change.norm(frames)
    wanted = torch.cat([normal[2] - normal[1], normal[2] - normal[0]], dim=-1)
    said = nn.functional.gelu(change.proj(wanted) + change.places[2])
    assert torch.allclose(change(frames, [3])[2], said, atol=1e-6)
    # A clip in which nothing moves says where its frames stand, and nothing else.
    still = change(frames[:1].repeat(3, 1, 1), [3])
    assert torch.allclose(still, nn.functional.gelu(change.proj.bias + change.places[:3])[:, None].expand(3, 2, -1))


@pytest.mark.parametrize("clips", [[4, 1], [1, 1, 1, 1, 1]], ids=["a clip", "stills"])
def test_every_parameter_takes_part_also_where_all_are_stills(clips):
    module = projector(opened=["objects", "change"])
    module(torch.randn(5, 9, IN), clips=clips).square().sum().backward()
    assert [name for name, value in module.named_parameters() if value.grad is None] == []
    if clips == [4, 1]:
        assert all(value.grad.abs().sum() > 0 for value in module.perspectives["change"].parameters())


def test_it_condenses_frame_by_frame():
    module, frames = projector(KIND + ",tokens=4", opened=["change"]), torch.randn(3, 16, IN)
    assert module(frames, clips=[3]).shape == (3, 4, OUT)


def test_a_clip_with_more_frames_than_it_was_made_for_is_refused():
    with pytest.raises(InputError, match="frames=4: a clip has 5 frames"):
        projector()(torch.randn(5, 9, IN), clips=[5])


@pytest.mark.slow
def test_it_compiles_without_a_graph_break():
    module, frames = projector(opened=["change"]), torch.randn(5, 9, IN)
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    assert torch.allclose(compiled(frames, clips=[4, 1]), module(frames, clips=[4, 1]))
