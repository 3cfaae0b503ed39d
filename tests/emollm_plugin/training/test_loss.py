"""The loss with logits at the answers only equals the host's own, value and gradient; and every label weighs alike."""

import json
from types import SimpleNamespace

import pytest
import torch

from ..trainings import finish, weights

pytestmark = pytest.mark.host


@pytest.fixture
def model(tiny):
    import emollm_plugin

    emollm_plugin.register()
    from llava.model import LlavaLlamaForCausalLM

    model = LlavaLlamaForCausalLM.from_pretrained(tiny.base)
    arguments = SimpleNamespace(
        vision_tower=str(tiny.clip),
        mm_vision_select_layer=-2,
        mm_vision_select_feature="patch",
        pretrain_mm_mlp_adapter=None,
        mm_patch_merge_type="flat",
        mm_projector_type="multiperspective:slots=2,width=16",
    )
    torch.manual_seed(0)
    model.get_model().initialize_vision_modules(arguments)
    return model.float()


def hosts_own(model, **batch):
    from llava.model import LlavaLlamaForCausalLM

    return LlavaLlamaForCausalLM.host_class.forward(model, **batch)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


def test_value_and_gradients_are_the_hosts(model, batch):
    ours = model.train()(**batch)
    assert ours.logits is None
    host = hosts_own(model, **batch)
    assert host.logits is not None
    assert torch.allclose(ours.loss, host.loss, atol=1e-6)
    mine, theirs = gradients(model, ours.loss), gradients(model, host.loss)
    assert mine.keys() == theirs.keys()
    for name, gradient in mine.items():
        assert torch.allclose(gradient, theirs[name], atol=1e-6), name


def test_outside_training_the_hosts_own_forward_runs(model, batch):
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(**batch).logits, hosts_own(model, **batch).logits)


@pytest.mark.parametrize("at_a_time", [1, 200, 10**9])
def test_value_and_gradients_do_not_depend_on_how_many_logits_are_there_at_a_time(model, batch, monkeypatch, at_a_time):
    """Three labels over a vocabulary of some hundred words: one label at a time, two, all."""
    from emollm_plugin.planning import memory
    from emollm_plugin.training import loss

    whole = model.train()(**batch)
    wanted, sizes, logits_of = gradients(model, whole.loss), [], loss.logits_of
    assert loss.LOGITS == memory.LOGITS
    monkeypatch.setattr(loss, "LOGITS", at_a_time)
    monkeypatch.setattr(loss, "logits_of", lambda model, hidden: sizes.append(len(hidden)) or logits_of(model, hidden))
    parts = model(**batch)
    assert torch.allclose(parts.loss, whole.loss, atol=1e-6) and torch.allclose(parts.each, whole.each, atol=1e-6)
    count = len(sizes)
    for name, gradient in gradients(model, parts.loss).items():
        assert torch.allclose(gradient, wanted[name], atol=1e-6), name
    assert count == (1 if at_a_time == 10**9 else len(whole.each)) or at_a_time == 200
    assert max(sizes) * model.config.vocab_size <= max(at_a_time, model.config.vocab_size)
    assert len(sizes) == (count if at_a_time == 10**9 else 2 * count), "once more for the gradient"


def test_the_parts_of_a_batch_add_up_to_it(model, batch):
    """Each part is told how many labels the whole has, here three and one."""
    whole = model.train()(**batch)
    wanted = gradients(model, whole.loss)
    parts = [model(**{key: value[row : row + 1] for key, value in batch.items()}, num_items_in_batch=4) for row in (0, 1)]
    assert torch.allclose(sum(part.loss for part in parts), whole.loss, atol=1e-6)
    for name, gradient in gradients(model, sum(part.loss for part in parts)).items():
        assert torch.allclose(gradient, wanted[name], atol=1e-6), name


@pytest.fixture
def unequal(tiny, tmp_path):
    """Eight records, half of them with an answer of one word and half with one of many."""
    records = json.loads((tiny.data / "train.json").read_text())[:8]
    for number, record in enumerate(records):
        if number < 4:
            record["conversations"][1]["value"] = "Look at the light and at the " + "sadness of it, " * number + "so: anger"
    file = tmp_path / "unequal.json"
    file.write_text(json.dumps(records))
    return file


# Samples in a micro-batch x micro-batches a step x ranks: always the same eight.
CUTS = [(8, 1, 1, None), (2, 4, 1, None), (1, 8, 1, "2"), (2, 2, 2, None), (1, 4, 2, "2"), (4, 1, 2, "3")]


def test_a_step_does_not_depend_on_how_its_batch_is_cut(unequal, train_arguments, tmp_path):
    """Plain gradient descent in float32, without clipping: after two steps the weights show the gradients themselves."""
    runs = []
    for size, accumulated, ranks, zero in CUTS:
        out = tmp_path / f"llava-{size}x{accumulated}x{ranks}-{zero}"
        arguments = train_arguments(
            data_path=unequal,
            output_dir=out,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=accumulated,
            bf16=False,
            optim="sgd",
            learning_rate=0.5,
            lr_scheduler_type="constant",
            max_grad_norm=0,
            max_steps=2,
        )
        runs.append(finish(arguments, out=out, zero=zero, ranks=ranks))
    wanted, losses = weights(runs[0].out), [loss for _, loss in runs[0].curve()]
    assert losses[1] < losses[0] - 0.05, "what stands still agrees as well"
    for run, cut in zip(runs[1:], CUTS[1:]):
        assert [loss for _, loss in run.curve()] == pytest.approx(losses, abs=2e-4), cut  # logged in four digits
        for name, value in weights(run.out).items():
            if cut[3] == "3":  # which keeps the frozen encoder in float32, the others in what this processor is fast in
                assert "vision_tower" in name or torch.allclose(value, wanted[name], atol=5e-5), (cut, name)
            else:
                assert torch.allclose(value, wanted[name], rtol=1e-4, atol=2e-6), (cut, name)
