"""A packed batch gives the loss and the gradients of the padded one, and holds fewer tokens."""

from types import SimpleNamespace

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.training import loss
from emollm_plugin.training.packing import Row, block_mask, pack, packable, share_out

from ..decoders import FAMILIES, families_here

pytestmark = pytest.mark.skipif("qwen3" not in families_here(), reason="transformers 5 packs, 4 does not")
BEGINNING, IMAGE = [5, 6, 7, 8, 9], [21, 22]
# What stands behind the common beginning, the last two or three tokens of which are learned.
SAMPLES = [[*IMAGE, 30, 31, 32, 40, 2], [10, 30, 41, 2], [11, 30, 31, 32, 33, 34, 35, 36, 37, 42, 43, 2], [10, 30, 41, 2]]


def causal(family, window=512, attention="sdpa"):
    own = FAMILIES[family] | ({"sliding_window": window} if "sliding_window" in FAMILIES[family] else {})
    config = CONFIG_MAPPING[family](vocab_size=60, bos_token_id=1, eos_token_id=2, pad_token_id=2, **own)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention).float().train()
    return SimpleNamespace(get_model=lambda: model.base_model, lm_head=model.lm_head, config=model.config, whole=model)


def batch(model, side="right", beginning=BEGINNING, samples=SAMPLES):
    """`inputs_embeds` that can be asked for gradients, `attention_mask`, and labels."""
    rows = [[*beginning, *own] for own in samples]
    longest = max(map(len, rows))
    ids, mask, labels = (torch.full((len(rows), longest), fill) for fill in (2, 0, IGNORE_INDEX))
    for number, row in enumerate(rows):
        at = slice(0, len(row)) if side == "right" else slice(longest - len(row), longest)
        ids[number, at], mask[number, at] = torch.tensor(row), 1
        learned = torch.full((len(row),), IGNORE_INDEX)
        learned[-2:] = torch.tensor(row[-2:])
        labels[number, at] = learned
    return {"inputs_embeds": model.whole.get_input_embeddings()(ids), "attention_mask": mask, "labels": labels}


def learned(model, given):
    """The loss of `answer_loss`, and the gradients of all weights."""
    model.whole.zero_grad()
    made = loss.answer_loss(model, **given).loss
    made.backward()
    return made, {name: value.grad.clone() for name, value in model.whole.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", [family for family in families_here() if family not in ("mpt", "gemma2")])
def test_value_and_gradients_are_those_of_the_padded_batch(family, side, monkeypatch):
    model = causal(family)
    # Counted from the left end, as the packed rows do; the host gives these with padding on the left.
    packed, ours = learned(model, batch(model, side))
    assert packable(model, {key: given for key, given in batch(model, side).items() if key != "labels"})
    monkeypatch.setattr(loss, "packable", lambda *_: False)
    given = batch(model, side)
    padded, theirs = learned(model, given | {"position_ids": (given["attention_mask"].cumsum(1) - 1).clamp(min=0)})
    assert torch.allclose(packed, padded, atol=1e-6)
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert torch.allclose(gradient, theirs[name], atol=2e-6), name


@pytest.mark.parametrize(
    ("beginning", "samples"),
    [
        ([], SAMPLES),
        (BEGINNING, [SAMPLES[1]] * 3),
        (BEGINNING, [SAMPLES[0], SAMPLES[0] + [50, 51, 2]]),
        (BEGINNING, [[*[12 + ask] * 20, 30 + text, 40, 2] for text in range(4) for ask in range(3)]),
    ],
    ids=["nothing alike", "all alike", "one begins another", "three questions"],
)
def test_whatever_samples_share(beginning, samples, monkeypatch):
    model = causal("llama")
    packed, ours = learned(model, batch(model, beginning=beginning, samples=samples))
    monkeypatch.setattr(loss, "packable", lambda *_: False)
    padded, theirs = learned(model, batch(model, beginning=beginning, samples=samples))
    assert torch.allclose(packed, padded, atol=1e-6)
    assert all(torch.allclose(ours[name], theirs[name], atol=2e-6) for name in theirs)


def test_what_is_alike_is_read_once_a_row_and_nothing_is_padded():
    given = batch(causal("llama"))
    embeddings, kept = given["inputs_embeds"], given["attention_mask"]
    packed = pack(embeddings, kept)
    assert embeddings.shape[:2] == (4, 17)
    assert packed.inputs_embeds.shape[:2] == (1, len(BEGINNING) + sum(map(len, SAMPLES)))
    assert torch.equal(packed.at(packed.inputs_embeds, kept.bool()), embeddings[kept.bool()])


@pytest.mark.parametrize(
    ("token", "rows"),
    [
        (1_000, [[0, 1, 2, 3]]),  # the common beginning is read once
        (100, [[0, 1], [2, 3]]),
        (1, [[1], [3], [0, 2]]),  # attention is all that counts; no row is shorter than the longest sample's
    ],
)
def test_rows_are_as_long_as_costs_least(token, rows):
    found = share_out([50, 110, 60, 70], [0, 1, 2, 3], [20, 20, 20], token)
    assert [sorted(row.own) for row in found] == rows and {row.alike for row in found if len(row.own) > 1} == {20}


def test_each_row_has_a_beginning_of_its_own_where_that_is_less():
    # Three questions of 40 tokens, each before two texts of 10; all begin with the same five.
    rows = share_out([50] * 6, [0, 3, 1, 4, 2, 5], [40, 5, 40, 5, 40])
    assert rows == [Row(40, [0, 3]), Row(40, [1, 4]), Row(40, [2, 5])]
    assert share_out([50] * 6, list(range(6)), [5] * 5)[0].alike == 5


def test_samples_that_are_nothing_but_the_beginning():
    assert share_out([4, 4], [0, 1], [4]) == [Row(4, [0, 1])]


def test_texts_behind_two_questions_are_packed_by_question():
    one, other = [12, 13, 14, 15, 16], [12, 17, 18, 19, 20]
    samples = [[*ask, 30 + text, 40, 2] for text in range(3) for ask in (one, other)]
    model = causal("llama")
    given = batch(model, samples=samples)
    packed = pack(given["inputs_embeds"], given["attention_mask"])
    assert packed.inputs_embeds.shape[:2] == (2, len(BEGINNING) + 5 + 3 * 3), "each question is read once"
    kept = given["attention_mask"].bool()
    assert torch.equal(packed.at(packed.inputs_embeds, kept), given["inputs_embeds"][kept])


def test_a_sample_sees_the_beginning_and_itself():
    owner = torch.tensor([[0, 1, 1, 2, -1]])
    seen = ["1....", "11...", "111..", "1..1.", "....1"]
    assert ["".join("1" if one else "." for one in row) for row in block_mask(owner)[0].tolist()] == seen


def test_models_and_batches_that_are_not_packed():
    two, model = {"inputs_embeds": torch.zeros(2, 9, 4)}, causal("llama")
    assert packable(model, two)
    assert not packable(causal("llama", attention="eager"), two)
    assert not packable(model, {"input_ids": torch.zeros(2, 9)})
    assert not packable(model, two | {"position_ids": torch.zeros(2, 9)})
    assert not packable(model, {"inputs_embeds": torch.zeros(1, 9, 4)})
    assert not packable(causal("mpt", attention="eager"), two)
    narrow = causal("gemma3_text", window=8)
    assert packable(narrow, {"inputs_embeds": torch.zeros(2, 8, 4)})
    assert not packable(narrow, two), "it would see further than its window"
