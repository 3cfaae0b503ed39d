"""The short cuts of the loop change nothing, and an arm is what its name says."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from benchmarks.quality.arms import ARMS, GUIDED, PLAIN, chosen
from benchmarks.quality.data import CATEGORIES, CATEGORY, Item
from benchmarks.quality.training import build, stacked
from benchmarks.shared.fit import fit
from benchmarks.shared.language import LanguageModel
from emobench_data.io.errors import InputError
from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.prompt.templates import GUIDANCE

ITEMS = [
    Item(str(place), f"{place}.png", CATEGORY, answer, CATEGORIES, str(place))
    for place, answer in enumerate(("animal", "scenery", "object"))
]


@pytest.fixture(scope="module")
def models(base):
    return {template: _model(base, template) for template in (PLAIN, GUIDED)}


def _model(base, template):
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates
    from transformers import AutoModelForCausalLM

    from emollm_plugin.prompt.formats import load_tokenizer

    model = AutoModelForCausalLM.from_pretrained(base, torch_dtype=torch.float32)
    with torch.no_grad():  # fresh weights are so small that attention is even and a wrong position is not seen
        for layer in model.model.layers:
            for part in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj):
                part.weight.mul_(20)
    return LanguageModel(model, load_tokenizer(str(base)), conv_templates[template])


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(0)
    return {item.image: torch.randn(16, 24, generator=generator) for item in ITEMS}


def plain_loss(model, visual, samples):
    """Each sample alone and from its beginning, with transformers' own loss."""
    total, count = 0.0, 0
    for own, sample in zip(visual, samples):
        place = sample.ids.index(model.prompter.image_token)
        words = [model.model.model.embed_tokens(torch.tensor(part)) for part in (sample.ids[:place], sample.ids[place + 1 :])]
        labels = sample.labels[:place] + [IGNORE_INDEX] * len(own) + sample.labels[place + 1 :]
        given = torch.cat([words[0], own, words[1]])[None]
        trained = sum(label != IGNORE_INDEX for label in labels)
        total = total + trained * model.model(inputs_embeds=given, labels=torch.tensor([labels])).loss
        count += trained
    return total / count


def test_the_loss_and_its_gradient_are_those_without_short_cuts(models):
    own = models[GUIDED]
    samples = [own.sample(item) for item in ITEMS]
    assert len({len(sample.ids) for sample in samples}) > 1  # or padding is not tried
    visual = [torch.randn(3, 4, own.width, generator=torch.Generator().manual_seed(1)).requires_grad_() for _ in "12"]
    # Twice, since what is kept of the first must not have been changed.
    losses = [own.loss(visual[0], samples), own.loss(visual[0], samples), plain_loss(own, visual[1], samples)]
    losses[0].backward()
    losses[2].backward()
    assert losses[0].item() == losses[1].item() == pytest.approx(losses[2].item(), abs=1e-5)
    torch.testing.assert_close(visual[0].grad, visual[1].grad, atol=1e-6, rtol=1e-4)


def likeliest(model, visual):
    """Each option as an answer, without short cuts."""
    found = []
    for item, own in zip(ITEMS, visual):
        trials = {option: model.sample(item._replace(answer=option)) for option in item.options}
        losses = {
            option: plain_loss(model, [own], [sample]) * sum(label != IGNORE_INDEX for label in sample.labels)
            for option, sample in trials.items()
        }
        found.append(min(losses, key=losses.get))
    return found


def test_the_answer_is_the_likeliest_option(models):
    visual = torch.randn(3, 4, models[PLAIN].width)
    assert models[PLAIN].answers(visual, ITEMS) == likeliest(models[PLAIN], visual)


def _fit(model, projector, features, arm):
    def tokens(items):
        return projector(stacked(features, items))

    fit(model, tokens, projector, ITEMS, rate=arm.rate, adapter_rate=arm.lora, steps=30, seed=0, quiet=True)


def test_training_moves_the_projector_alone(models, features):
    own = models[PLAIN]
    before = [value.clone() for value in own.model.parameters()]
    projector = build(ARMS["emollm"], features["0.png"], own.width, 0)
    first = own.loss(projector(stacked(features, ITEMS)), [own.sample(item) for item in ITEMS]).item()
    _fit(own, projector, features, ARMS["emollm"])
    after = own.loss(projector(stacked(features, ITEMS)), [own.sample(item) for item in ITEMS]).item()
    assert after < first
    assert all(torch.equal(*pair) for pair in zip(before, own.model.parameters()))


@pytest.mark.parametrize("adapted", [False, True])
def test_visual_tokens_may_be_more_in_one_sample_than_in_another(models, adapted):
    own = models[GUIDED]
    samples, visual = [own.sample(item) for item in ITEMS], [torch.randn(count, own.width) for count in (2, 7, 1)]
    with own.adapted(seed=0) if adapted else nullcontext():
        own.model.eval()
        assert own.loss(visual, samples).item() == pytest.approx(plain_loss(own, visual, samples).item(), abs=1e-5)


@pytest.mark.parametrize("wide", [False, True])
def test_an_adapters_gradient_is_the_one_without_short_cuts(models, monkeypatch, wide):
    own = models[GUIDED]
    monkeypatch.setattr(own, "wide", wide)
    samples, visual = [own.sample(item) for item in ITEMS], torch.randn(3, 4, own.width)
    with own.adapted(seed=0):
        for value in own.adapters:  # a fresh adapter's second half is zero
            torch.nn.init.normal_(value, std=0.1)
        own.model.eval()
        short = torch.autograd.grad(own.loss(visual, samples), own.adapters)
        plain = torch.autograd.grad(plain_loss(own, visual, samples), own.adapters)
    assert max(value.abs().max() for value in plain) > 1e-3
    for pair in zip(short, plain):
        torch.testing.assert_close(*pair, atol=1e-5, rtol=1e-3)


def test_an_adapter_is_trained_and_leaves_nothing_behind(models, features):
    own, arm = models[PLAIN], replace(ARMS["emollm"], rate=0.0, lora=5e-3)
    before = {name: value.clone() for name, value in own.model.state_dict().items()}
    projector = build(arm, features["0.png"], own.width, 0)
    fixed = projector(stacked(features, ITEMS)).detach()
    fresh = own.loss(fixed, [own.sample(item) for item in ITEMS]).item()
    with own.adapted(seed=0):
        _fit(own, projector, features, arm)
        assert own.loss(fixed, [own.sample(item) for item in ITEMS]).item() < fresh - 0.2
    assert not own.adapters and own.loss(fixed, [own.sample(item) for item in ITEMS]).item() == fresh
    after = own.model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_answers_are_those_of_the_adapter_as_it_is_now(models):
    own, visual = models[PLAIN], torch.randn(3, 4, models[PLAIN].width)
    given = []
    with own.adapted(seed=0):
        for _ in range(6):
            given.append(own.answers(visual, ITEMS))
            assert given[-1] == likeliest(own, visual)
            for value in own.adapters:
                torch.nn.init.normal_(value, std=0.3)
            own.model.eval()
    assert len({tuple(each) for each in given}) > 1


def test_only_a_guided_arm_tells_the_control_where_to_look(models):
    texts = {
        template: own.tokenizer.decode([i for i in own.sample(ITEMS[0]).ids if i >= 0]) for template, own in models.items()
    }
    assert GUIDANCE in texts[GUIDED] and GUIDANCE not in texts[PLAIN]
    plain = {name for name, arm in ARMS.items() if arm.template == PLAIN}
    assert {"host", "host+block14+alignment", "emollm, no EmoPrompt"} <= plain and "emollm" not in plain


@pytest.mark.parametrize("left_out", ["objects", "relations", "atmosphere", "layout"])
def test_a_perspective_that_is_left_out_is_out(left_out, features, models):
    width = models[PLAIN].width
    whole, part = (build(ARMS[name], features["0.png"], width, 0) for name in ("emollm", f"emollm, no {left_out}"))
    gone = set(whole.perspectives) - set(part.perspectives)
    assert gone == ({"objects", "relations"} if left_out == "objects" else {left_out})
    assert set(part.reads) == set(part.perspectives)


def test_the_number_of_tokens_is_the_arms(features, models):
    tokens = {
        name: build(arm, features["0.png"], models[PLAIN].width, 0)(features["0.png"][None]).shape[1]
        for name, arm in ARMS.items()
        if not arm.cells
    }
    assert tokens["host"] == tokens["emollm, enrich"] == 16  # all of the patches
    assert tokens["emollm"] == tokens["pool-mlp 4"] == tokens["emollm, no perspectives"] == 4


def test_an_unknown_arm_is_named():
    with pytest.raises(InputError, match="unknown arm 'hosst'; known"):
        chosen("host;hosst")
