"""The projector against the host's own `mlp2x_gelu`, its cost, and what trains in it."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from emobench_data import InputError
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import PERSPECTIVES, ProjectorOptions

IN, OUT = 12, 20


def projector(text="multiperspective", in_dim=IN, out_dim=OUT):
    torch.manual_seed(0)
    return MultiPerspectiveProjector(in_dim, out_dim, ProjectorOptions.parse(text))


def mlp(in_dim=IN, out_dim=OUT):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(in_dim, out_dim), nn.GELU(), nn.Linear(out_dim, out_dim))


def open_reads(module, *names):
    for name in names or module.reads:
        module.reads[name].to_value.open()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_fresh_projector_warm_started_from_mlp2x_gelu_equals_it_exactly(dtype):
    released, ours = mlp().to(dtype), projector().to(dtype)
    ours.load_state_dict(released.state_dict())
    patches = torch.randn(2, 9, IN, dtype=dtype)
    assert torch.equal(ours(patches), released(patches))


def test_condensing_is_the_mlp_on_pooled_patches_until_a_perspective_opens():
    released, ours = mlp(), projector("multiperspective:tokens=4")
    ours.load_state_dict(released.state_dict())
    patches = torch.randn(2, 16, IN)
    quarters = patches.reshape(2, 2, 2, 2, 2, IN).mean(dim=(2, 4)).flatten(1, 2)
    assert torch.allclose(ours(patches), released(quarters), atol=1e-6)
    before = ours(patches)
    open_reads(ours)
    assert ours(patches).shape == before.shape and not torch.allclose(ours(patches), before)


@pytest.mark.parametrize("mode", ["multiperspective", "multiperspective:tokens=4"])
@pytest.mark.parametrize(
    ("patches", "width", "named"),
    [
        (15, IN, "15 tokens.*no square grid.*mlp2x_gelu"),
        (17, IN, "17 tokens.*class token; say --mm_vision_select_feature patch"),
        (16, IN + 1, f"{IN + 1} wide, the projector was made for {IN}"),
    ],
)
def test_tokens_that_are_no_grid_of_patches_are_refused(mode, patches, width, named):
    with pytest.raises(InputError, match=named):
        projector(mode)(torch.randn(1, patches, width))


def test_more_tokens_than_patches_are_refused():
    with pytest.raises(InputError, match="tokens=25.*16 patches"):
        projector("multiperspective:tokens=25")(torch.randn(1, 16, IN))


@pytest.mark.parametrize(("in_dim", "out_dim"), [(IN + 1, OUT), (IN, OUT + 1)])
def test_a_warm_start_from_other_sizes_is_refused(in_dim, out_dim):
    with pytest.raises(InputError, match=f"{in_dim} -> {out_dim} wide, this model needs {IN} -> {OUT}"):
        projector().load_state_dict(mlp(in_dim, out_dim).state_dict())


def test_every_perspective_changes_the_tokens_once_it_is_open():
    patches = torch.randn(2, 9, IN)
    for name in PERSPECTIVES:
        module = projector()
        before = module(patches)
        open_reads(module, name)
        assert not torch.allclose(module(patches), before), name


def test_every_parameter_gets_a_gradient_from_the_second_step_on():
    module, patches = projector(), torch.randn(2, 9, IN)
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-2)
    for step in range(2):
        optimizer.zero_grad()
        module(patches).square().sum().backward()
        optimizer.step()
        assert all(value.grad is not None for value in module.parameters()), "no rank may wait for one"
        still = [name for name, value in module.named_parameters() if not value.grad.abs().sum() > 0]
        values = [name for name in still if "content" in name or "to_value" in name]
        assert (still == []) == (step == 1) and not values


def explained(module, learning_rate, steps=30):
    """The share of a target out of content's reach that the perspectives explain after some steps of AdamW."""
    torch.manual_seed(1)
    patches = torch.randn(32, 16, IN)
    target = module.content(patches).detach() + torch.einsum("bnc,nco->bo", patches, torch.randn(16, IN, OUT) / 10)[:, None]
    optimizer = torch.optim.AdamW(module.parameters(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        losses.append((module(patches) - target).square().mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    return 1 - (losses[-1] / losses[0]).item()


@pytest.mark.slow
def test_perspectives_move_at_the_rate_of_a_real_models_projector():
    """At 2e-5 AdamW moves a gate by 2e-5 a step, whatever its gradient; as many inputs as the perspective is wide add up."""
    shut = projector()
    open_reads(shut)
    for read in shut.reads.values():
        nn.init.zeros_(read.gate)
    assert explained(projector(), 2e-5, steps=60) > 2 * explained(shut, 2e-5, steps=60)


def test_at_a_high_rate_perspectives_do_not_outrun_the_content():
    """At 1e-3 values that stood whole beside the content moved its tokens further in ten steps than its own MLP does."""
    torch.manual_seed(0)
    module, patches = MultiPerspectiveProjector(64, 576, ProjectorOptions()), torch.randn(4, 16, 64)
    before = module(patches).detach()
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    for _ in range(10):
        optimizer.zero_grad()
        module(patches).sum().backward()  # every channel is pushed one way, as far as it goes
        optimizer.step()
    with torch.no_grad():
        content = module.content(patches)
        assert (module(patches) - content).norm() < (content - before).norm()


def test_a_checkpoint_with_gates_near_zero_and_random_values_means_what_it_meant():
    module, patches = projector(), torch.randn(2, 9, IN)
    saved = {key: torch.randn_like(value) for key, value in module.state_dict().items()}
    saved |= {key: 0.02 * value for key, value in saved.items() if key.endswith(".gate")}
    module.load_state_dict(saved)
    added = sum_of_reads(module, patches)
    assert torch.allclose(module(patches), module.content(patches) + added, atol=1e-4)


def sum_of_reads(module, patches):
    """What the perspectives add, as gate x values was written before values could be zero."""
    total, context = 0, patches
    for name, perspective in module.perspectives.items():
        context = perspective(context if name == "relations" else patches)
        read = module.reads[name]
        values = nn.functional.linear(read.norm(context), read.to_value.weight, read.to_value.bias)
        if name in ("objects", "relations"):
            keys = nn.functional.linear(read.norm(context), read.to_key.weight)
            values = (patches @ keys.transpose(1, 2) * IN**-0.5).softmax(-1) @ values
        total = total + read.gate * values
    return total


def test_images_of_a_batch_do_not_see_each_other():
    module = projector()
    open_reads(module)
    patches = torch.randn(3, 9, IN)
    alone = torch.cat([module(image[None]) for image in patches])
    assert torch.allclose(module(patches), alone, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["multiperspective", "multiperspective:tokens=4"])
def test_compiled_it_gives_the_same_tokens_and_gradients_without_a_graph_break(mode):
    """With `aot_eager`, which traces forward and backward and needs no C compiler."""
    torch._dynamo.reset()
    module = projector(mode)
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    open_reads(module)
    for patches in (torch.randn(2, 16, IN), torch.randn(3, 25, IN)):  # the second is traced with sizes that vary
        given = []
        for run in (module, compiled):
            module.zero_grad()
            tokens = run(patches)
            tokens.square().sum().backward()
            given.append([each.clone() for each in (tokens, *(value.grad for value in module.parameters()))])
        assert all(torch.allclose(*pair, rtol=1e-4, atol=1e-5) for pair in zip(*given, strict=True))


@pytest.mark.parametrize("mode", ["multiperspective", "multiperspective:tokens=4"])
@pytest.mark.parametrize("cast", ["weights", "autocast"])
def test_in_bfloat16_it_gives_the_tokens_of_float32(mode, cast):
    """Within 1 % of their norm, perspectives open: a bfloat16 has eight bits, and the MLP alone is 0.4 % off."""
    module, patches = projector(mode, in_dim=64, out_dim=96), torch.randn(2, 16, 64)
    open_reads(module)
    wanted = module(patches)
    with torch.autocast("cpu", torch.bfloat16, enabled=cast == "autocast"):
        found = module.bfloat16()(patches.bfloat16()) if cast == "weights" else module(patches)
    assert ((found.float() - wanted).norm() / wanted.norm()).item() < 0.01


def test_it_stays_within_its_budget_at_the_size_of_llava_1_5():
    with torch.device("meta"):
        module = projector(in_dim=1024, out_dim=4096)
        patches = torch.empty(1, 576, 1024)
    with FlopCounterMode(display=False) as counter:
        module(patches)
    assert sum(value.numel() for value in module.parameters()) <= 40e6
    assert counter.get_total_flops() <= 25e9


def test_a_saved_state_restores_strictly_and_anything_else_is_refused(tmp_path):
    module, fresh = projector(), projector()
    open_reads(module)
    torch.save(module.state_dict(), tmp_path / "projector.bin")
    fresh.load_state_dict(torch.load(tmp_path / "projector.bin", weights_only=True))
    patches = torch.randn(2, 9, IN)
    assert torch.equal(fresh(patches), module(patches))
    broken = module.state_dict()
    del broken["reads.objects.gate"]
    with pytest.raises(RuntimeError, match=r"reads\.objects\.gate"):
        fresh.load_state_dict(broken)


def test_without_perspectives_it_is_the_mlp_alone():
    assert len(list(projector("multiperspective:perspectives=none").parameters())) == 4
