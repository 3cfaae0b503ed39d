"""The short cuts of the loop change nothing, and an arm is what its name says."""

import pytest
import torch

from benchmarks.quality.arms import ARMS, GUIDED, PLAIN, chosen
from benchmarks.quality.data import CATEGORIES, CATEGORY, Item
from benchmarks.quality.model import Frozen
from benchmarks.quality.training import build, stacked, train
from emobench_data.errors import InputError
from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.prompt.templates import GUIDANCE

ITEMS = [
    Item(str(place), f"{place}.png", CATEGORY, answer, CATEGORIES, str(place))
    for place, answer in enumerate(("animal", "scenery", "object"))
]


@pytest.fixture(scope="module")
def frozen(base):
    return {template: _frozen(base, template) for template in (PLAIN, GUIDED)}


def _frozen(base, template):
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
    return Frozen(model, load_tokenizer(str(base)), conv_templates[template])


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(0)
    return {item.image: torch.randn(16, 24, generator=generator) for item in ITEMS}


def plain_loss(frozen, visual, samples):
    """Each sample alone and from its beginning, with transformers' own loss."""
    total, count = 0.0, 0
    for own, sample in zip(visual, samples):
        place = sample.ids.index(frozen.prompter.image_token)
        words = [frozen.model.model.embed_tokens(torch.tensor(part))
                 for part in (sample.ids[:place], sample.ids[place + 1 :])]  # fmt: skip
        labels = sample.labels[:place] + [IGNORE_INDEX] * len(own) + sample.labels[place + 1 :]
        given = torch.cat([words[0], own, words[1]])[None]
        trained = sum(label != IGNORE_INDEX for label in labels)
        total = total + trained * frozen.model(inputs_embeds=given, labels=torch.tensor([labels])).loss
        count += trained
    return total / count


def test_the_loss_and_its_gradient_are_those_without_short_cuts(frozen):
    own = frozen[GUIDED]
    samples = [own.sample(item) for item in ITEMS]
    assert len({len(sample.ids) for sample in samples}) > 1  # or padding is not tried
    visual = [torch.randn(3, 4, own.width, generator=torch.Generator().manual_seed(1)).requires_grad_() for _ in "12"]
    # Twice, since what is kept of the first must not have been changed.
    losses = [own.loss(visual[0], samples), own.loss(visual[0], samples), plain_loss(own, visual[1], samples)]
    losses[0].backward()
    losses[2].backward()
    assert losses[0].item() == losses[1].item() == pytest.approx(losses[2].item(), abs=1e-5)
    torch.testing.assert_close(visual[0].grad, visual[1].grad, atol=1e-6, rtol=1e-4)


def test_the_answer_is_the_likeliest_option(frozen):
    own = frozen[PLAIN]
    visual = torch.randn(3, 4, own.width)
    found = own.answers(visual, ITEMS)
    for item, given, one in zip(ITEMS, found, visual):
        trials = {option: own.sample(item._replace(answer=option)) for option in item.options}
        sums = {option: -plain_loss(own, [one], [sample]) * sum(label != IGNORE_INDEX for label in sample.labels)
                for option, sample in trials.items()}  # fmt: skip
        assert given == max(sums, key=sums.get)


def test_training_moves_the_projector_alone(frozen, features):
    own = frozen[PLAIN]
    before = [value.clone() for value in own.model.parameters()]
    projector = build(ARMS["emollm"], features["0.png"], own.width, 0)
    first = own.loss(projector(stacked(features, ITEMS)), [own.sample(item) for item in ITEMS]).item()
    train(projector, own, features, ITEMS, steps=30, seed=0)
    after = own.loss(projector(stacked(features, ITEMS)), [own.sample(item) for item in ITEMS]).item()
    assert after < first
    assert all(torch.equal(*pair) for pair in zip(before, own.model.parameters()))


def test_only_a_guided_arm_tells_the_control_where_to_look(frozen):
    texts = {template: own.tokenizer.decode([i for i in own.sample(ITEMS[0]).ids if i >= 0])
             for template, own in frozen.items()}  # fmt: skip
    assert GUIDANCE in texts[GUIDED] and GUIDANCE not in texts[PLAIN]
    plain = {name for name, arm in ARMS.items() if arm.template == PLAIN}
    assert {"host", "host+block14+alignment", "emollm, no EmoPrompt"} <= plain and "emollm" not in plain


@pytest.mark.parametrize("left_out", ["objects", "relations", "atmosphere"])
def test_a_perspective_that_is_left_out_is_out(left_out, features, frozen):
    width = frozen[PLAIN].width
    whole, part = (build(ARMS[name], features["0.png"], width, 0) for name in ("emollm", f"emollm, no {left_out}"))
    gone = set(whole.perspectives) - set(part.perspectives)
    assert gone == ({"objects", "relations"} if left_out == "objects" else {left_out})
    assert set(part.reads) == set(part.perspectives)


def test_the_number_of_tokens_is_the_arms(features, frozen):
    tokens = {
        name: build(arm, features["0.png"], frozen[PLAIN].width, 0)(features["0.png"][None]).shape[1]
        for name, arm in ARMS.items()
    }
    assert tokens["host"] == tokens["emollm, enrich"] == 16  # all of the patches
    assert tokens["emollm"] == tokens["pool-mlp 4"] == tokens["emollm, no perspectives"] == 4


def test_an_unknown_arm_is_named():
    with pytest.raises(InputError, match="unknown arm 'hosst'; known"):
        chosen("host;hosst")
