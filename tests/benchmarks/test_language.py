"""The language model on text alone: what samples begin with is read once, and nothing changes by it."""

from types import SimpleNamespace

import pytest
import torch

from benchmarks.quality.arms import GUIDED
from emollm_plugin.prompt.encode import IGNORE_INDEX

from .test_quality_model import _model

TEXTS = [("joy or fear?", "joy"), ("joy or fear, and sadness too?", "Words: fear\nAnswer: fear"), ("joy?", "sadness")]


@pytest.fixture(scope="module")
def model(base):
    return _model(base, GUIDED)


def samples(model):
    return [model.sample(SimpleNamespace(text=text, answer=answer), image=False) for text, answer in TEXTS]


def plain_loss(model):
    """Each sample alone and from its beginning, with transformers' own loss."""
    total, count = 0.0, 0
    for sample in samples(model):
        trained = sum(label != IGNORE_INDEX for label in sample.labels)
        total = total + trained * model.model(torch.tensor([sample.ids]), labels=torch.tensor([sample.labels])).loss
        count += trained
    return total / count


def test_the_loss_is_that_without_short_cuts(model):
    own = samples(model)
    assert model._same(own, False) > 3 and len({len(sample.ids) for sample in own}) == 3
    assert model.loss(None, own).item() == pytest.approx(plain_loss(model).item(), abs=1e-5)
    same = [own[0], own[0]]  # nothing of the prompt differs, and its last token has to be read with the answer
    assert model.loss(None, same).item() == pytest.approx(model.loss(None, own[:1]).item(), abs=1e-5)


@pytest.mark.parametrize("wide", [False, True])
def test_an_adapters_gradient_is_that_without_short_cuts(model, wide, monkeypatch):
    monkeypatch.setattr(model, "wide", wide)
    with model.adapted(0):
        for value in model.adapters:  # a fresh adapter's second half is zero
            torch.nn.init.normal_(value, std=0.1)
        model.model.eval()  # dropout would differ
        found = []
        for loss in (lambda: model.loss(None, samples(model)), lambda: plain_loss(model)):
            loss().backward()
            found.append([parameter.grad.clone() for parameter in model.adapters])
            for parameter in model.adapters:
                parameter.grad = None
    assert max(gradient.abs().max() for gradient in found[0]) > 1e-3
    torch.testing.assert_close(found[0], found[1], atol=1e-5, rtol=1e-3)


def test_a_frozen_model_in_bfloat16_takes_tokens_in_float32_and_trains_its_adapter_in_float32(base):
    model = _model(base, GUIDED)
    model.model.to(torch.bfloat16)
    item = SimpleNamespace(text="joy or fear?", answer="joy", options=("joy", "fear"))
    visual = torch.randn(1, 2, model.width, requires_grad=True)
    with model.adapted(0):
        model.loss(visual, [model.sample(item)]).backward()
        assert {value.dtype for value in model.adapters} == {torch.float32}
        assert visual.grad.dtype == torch.float32 and visual.grad.abs().sum() > 0
        assert model.answers(visual.detach(), [item])[0] in item.options
