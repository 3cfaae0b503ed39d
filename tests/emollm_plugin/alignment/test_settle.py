"""Settled tokens: as long as words, the same among the labels' words, shorter beside them, without a layer more."""

import copy

import pytest
import torch
from torch import nn

from emobench_data.io.errors import InputError
from emollm_plugin.alignment.align import Words, rms
from emollm_plugin.alignment.settle import settle
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions

WIDTH = 24


@pytest.fixture
def words():
    generator = torch.Generator().manual_seed(1)
    targets = nn.functional.normalize(torch.randn(3, WIDTH, generator=generator), dim=-1)
    return Words(["joy", "fear", "anger"], targets, torch.randn(WIDTH, generator=generator), 2.5)


def projectors():
    torch.manual_seed(0)
    text = "multiperspective:tokens=4,slots=2,width=8,perspectives=objects+relations+atmosphere+layout+change"
    ours = MultiPerspectiveProjector(12, WIDTH, ProjectorOptions.parse(text))
    for read in ours.reads.values():
        read.to_value.open()
        nn.init.normal_(read.gate)
    return {
        "ours": ours,
        "mlp2x_gelu": nn.Sequential(nn.Linear(12, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH)),
        "linear": nn.Linear(12, WIDTH),
    }


@pytest.mark.parametrize("name", ["ours", "mlp2x_gelu", "linear"])
@pytest.mark.parametrize("beside", [0.0, 0.25])
def test_what_points_to_words_stays_and_the_rest_is_shortened(name, beside, words):
    projector = projectors()[name]
    before, patches = copy.deepcopy(projector), torch.randn(2, 16, 12)
    settle(projector, words, 1.0, beside)
    tokens, drawn = before(patches) - words.mean, projector(patches) - words.mean
    # The part among the words, by least squares and not by the basis that the code makes.
    among = torch.linalg.lstsq(words.targets.T, tokens.flatten(0, 1).T).solution
    among = (words.targets.T @ among).T.view_as(tokens)
    torch.testing.assert_close(drawn, among + beside * (tokens - among), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(drawn @ words.targets.T, tokens @ words.targets.T, atol=1e-5, rtol=1e-4)
    assert projector.state_dict().keys() == before.state_dict().keys()


@pytest.mark.parametrize("name", ["ours", "mlp2x_gelu", "linear"])
@pytest.mark.parametrize("residual", [0.2, 1.0])
def test_tokens_come_as_far_out_as_words_and_keep_their_direction(name, residual, words):
    projector, patches = projectors()[name], torch.randn(6, 16, 12)
    before = projector(patches)
    reach = rms(words.distances(before))
    settle(projector, words, reach, residual)
    after = projector(patches)
    if residual == 1:
        assert rms(words.distances(after)) == pytest.approx(1, abs=1e-5)
        assert (after - words.mean).square().sum(-1).mean().sqrt().item() == pytest.approx(words.spread, abs=1e-4)
        assert torch.allclose(after - words.mean, (before - words.mean) / reach, atol=1e-5)
    assert torch.equal(words.logits(after).argmax(1), words.logits(before).argmax(1))


def test_at_one_nothing_is_changed(words):
    projector = projectors()["ours"]
    before = copy.deepcopy(projector.state_dict())
    settle(projector, words, 1.0, 1.0)
    assert all(torch.equal(value, before[name]) for name, value in projector.state_dict().items())


@pytest.mark.parametrize("beside", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(beside, words):
    with pytest.raises(InputError, match="no share"):
        settle(projectors()["linear"], words, 1.0, beside)


def test_a_projector_without_a_last_linear_layer_is_named(words):
    with pytest.raises(InputError, match="ends in GELU.*ALIGN=0"):
        settle(nn.Sequential(nn.Linear(12, WIDTH), nn.GELU()), words, 1.0, 0.25)


def test_a_read_of_another_package_is_named_and_nothing_is_changed(words):
    projector = projectors()["ours"]
    projector.reads["layout"] = nn.Bilinear(WIDTH, 12, WIDTH)
    before = copy.deepcopy(projector.state_dict())
    with pytest.raises(InputError, match="perspective 'layout' has a read of its own .Bilinear.*ALIGN=0"):
        settle(projector, words, 1.0, 0.25)
    assert all(torch.equal(value, before[name]) for name, value in projector.state_dict().items())
