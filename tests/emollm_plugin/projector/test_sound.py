"""The projector of sound: parity with mlp2x_gelu, ragged batches, and what each perspective hears."""

import pytest
import torch
from torch import nn

from emobench_data.io.errors import InputError
from emollm_plugin.projector.options import SoundOptions, in_full
from emollm_plugin.projector.sound import SoundProjector, Standard, pool, project


def made(kind="multiperspective:tokens=4,width=8", *, opened=False):
    torch.manual_seed(0)
    projector = SoundProjector(12, 20, SoundOptions.parse(kind))
    if opened:
        for read in projector.reads.values():
            read.to_value.open()
            nn.init.ones_(read.gate)
    return projector


def sounds(*lengths, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(length, 12, generator=generator) for length in lengths]


@pytest.mark.parametrize("kind", ["multiperspective:width=8", "multiperspective:tokens=4,width=8"])
def test_fresh_it_is_mlp2x_gelu_and_starts_from_one(kind):
    projector, (short, long) = made(kind), sounds(3, 50)
    host = nn.Sequential(nn.Linear(12, 20), nn.GELU(), nn.Linear(20, 20))
    projector.load_state_dict(host.state_dict())
    tokens = projector.tokens
    pooled = [pool(given, tokens or len(given)) for given in (short, long)]
    assert torch.equal(projector([short, long]), host(torch.cat(pooled)))
    assert len(projector([long])) == (tokens or 50)
    with pytest.raises(InputError, match="mlp2x_gelu projector is 5 -> 20 wide.*audio tower"):
        projector.load_state_dict(nn.Sequential(nn.Linear(5, 20), nn.GELU(), nn.Linear(20, 20)).state_dict())


@pytest.mark.parametrize("kind", ["multiperspective:width=8", "multiperspective:tokens=4,width=8"])
def test_a_batch_of_unequal_sounds_says_what_each_says_alone(kind):
    projector, batch = made(kind, opened=True), sounds(1, 7, 40)
    for together, given in zip(project(projector, batch), batch):
        assert torch.allclose(together, projector([given]), atol=1e-6)


def test_channels_come_to_one_scale_and_fold_into_a_layer():
    batch = [sound * torch.linspace(0.01, 90, 12) + 7 for sound in sounds(30, 50)]
    for sound in batch:
        sound[:, 5] = 3  # never moves
    standard, layer = Standard(12), nn.Linear(12, 4)
    assert torch.equal(standard(batch[0]), batch[0])
    standard.fit(batch)
    both = standard(torch.cat(batch))
    assert torch.allclose(both.mean(0), torch.zeros(12), atol=1e-4)
    assert torch.allclose(both.std(0, unbiased=False), (torch.arange(12) != 5).float(), atol=1e-4)
    wanted = layer(both)
    standard.fold(layer)
    assert torch.allclose(layer(torch.cat(batch)), wanted, atol=1e-4)


def test_pooling_takes_means_over_equal_stretches_of_time():
    (sound,) = sounds(12)
    assert torch.allclose(pool(sound, 3), sound.view(3, 4, 12).mean(1), atol=1e-6)
    assert torch.equal(pool(sound, 12), sound)
    assert torch.allclose(pool(sound[:1], 3), sound[:1].expand(3, -1))


def heard(projector, sound, name):
    """What a perspective adds to the tokens of a sound, in the mean."""
    context = projector.perspectives[name]([sound], [4])
    return projector.reads[name](context)


def test_tone_knows_no_order_course_does_and_change_knows_no_level():
    projector, (sound,) = made("multiperspective:tokens=4,width=64", opened=True), sounds(40)
    turned = sound.flip(0)
    assert torch.allclose(heard(projector, sound, "tone"), heard(projector, turned, "tone"), atol=1e-5)
    assert not torch.allclose(heard(projector, sound, "course"), heard(projector, turned, "course"), atol=1e-3)
    # What stays the same all the time has no change, at any level; what is louder has another tone.
    steady = sound[:1].expand(40, -1)
    assert torch.allclose(heard(projector, steady, "change"), heard(projector, steady + 3, "change"), atol=1e-5)
    assert not torch.allclose(heard(projector, sound, "change"), heard(projector, steady, "change"), atol=1e-3)
    spread = sound.mean(0) + 3 * (sound - sound.mean(0))
    assert not torch.allclose(heard(projector, sound, "tone"), heard(projector, spread, "tone"), atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_parameter_takes_part(dtype):
    projector = made(opened=True).to(dtype)
    out = projector(sounds(9, 30))
    out.float().square().sum().backward()
    assert out.dtype == dtype
    assert all(value.grad.abs().sum() > 0 for value in projector.parameters())


def test_a_projector_of_the_hosts_takes_each_position_alone():
    host, batch = nn.Sequential(nn.Linear(12, 20), nn.GELU(), nn.Linear(20, 20)), sounds(2, 5)
    for out, given in zip(project(host, batch), batch):
        assert torch.allclose(out, host(given), atol=1e-6)
    assert [len(each) for each in project(nn.Identity(), batch)] == [2, 5]


def test_options_are_written_out_and_refused_in_one_line():
    assert in_full("multiperspective:tokens=16", SoundOptions) == (
        "multiperspective:perspectives=tone+change+course,tokens=16,width=512"
    )
    assert SoundOptions.parse("multiperspective:perspectives=course+tone").perspectives == ("tone", "course")
    assert SoundOptions.parse("multiperspective:tokens=15").tokens == 15, "time has no square"
    for kind, words in (("perspectives=layout", "known: tone, change, course"), ("slots=4", "known, each once: perspectives")):
        with pytest.raises(InputError, match=words):
            SoundOptions.parse(f"multiperspective:{kind}")
    with pytest.raises(InputError, match="positions are 5 wide, the projector was made for 12.*audio tower"):
        made()([torch.zeros(3, 5)])
