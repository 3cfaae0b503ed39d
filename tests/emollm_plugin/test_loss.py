"""The loss with logits at the answers only equals the host's own, value and gradient."""

from types import SimpleNamespace

import pytest
import torch

pytestmark = pytest.mark.host


@pytest.fixture
def model(tiny):
    import emollm_plugin

    emollm_plugin.register()
    from llava.model import LlavaLlamaForCausalLM

    model = LlavaLlamaForCausalLM.from_pretrained(tiny.base)
    arguments = SimpleNamespace(
        vision_tower=str(tiny.clip), mm_vision_select_layer=-2, mm_vision_select_feature="patch",
        pretrain_mm_mlp_adapter=None, mm_patch_merge_type="flat", mm_projector_type="multiperspective:slots=2,width=16",
    )  # fmt: skip
    torch.manual_seed(0)
    model.get_model().initialize_vision_modules(arguments)
    return model.float()


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


def test_value_and_gradients_are_the_hosts(model, batch):
    ours = model.train()(**batch)
    assert ours.logits is None
    host = type(model).forward.__wrapped__(model, **batch)
    assert host.logits is not None
    assert torch.allclose(ours.loss, host.loss, atol=1e-6)
    mine, theirs = gradients(model, ours.loss), gradients(model, host.loss)
    assert mine.keys() == theirs.keys()
    for name, gradient in mine.items():
        assert torch.allclose(gradient, theirs[name], atol=1e-6), name


def test_outside_training_the_hosts_own_forward_runs(model, batch):
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(**batch).logits, type(model).forward.__wrapped__(model, **batch).logits)
