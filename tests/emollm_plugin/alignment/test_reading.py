"""Points where a frozen language model reads labels: mixtures, what is learned, and what aims at them."""

from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.alignment.frozen import Frozen
from emollm_plugin.alignment.reading import Points, draw_in, mixtures, points_of

LABELS = ["joy", "sadness", "fear"]
QUESTION = "Which emotion? joy, sadness, fear"
POINTS = Points(LABELS, torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]))


def test_mixtures_have_their_largest_share_where_it_is_wanted():
    largest = torch.arange(5).repeat(40)
    shares = mixtures(largest, 5, torch.Generator().manual_seed(0))
    assert torch.equal(shares.argmax(dim=1), largest)
    assert torch.allclose(shares.sum(dim=1), torch.ones(200)) and (shares >= 0).all()
    assert shares.max(dim=1).values.min() < 0.4 and shares.max() > 0.95  # from near a tie to nearly pure


def test_tokens_belong_to_the_nearest_point_and_between_points_cost_least():
    near = POINTS.places[[2, 0]][:, None].expand(-1, 4, -1)
    assert POINTS.logits(near).argmax(dim=1).tolist() == [2, 0]
    right, wrong = POINTS.loss(near, torch.tensor([2, 0])), POINTS.loss(near, torch.tensor([1, 2]))
    assert right < wrong
    # Tokens that differ around the same mean are told apart from ones that lie at it.
    apart = near + torch.tensor([1.0, -1.0, 1.0, -1.0])[None, :, None]
    assert torch.allclose(POINTS.logits(apart), POINTS.logits(near), atol=1e-5)
    assert POINTS.loss(apart, torch.tensor([2, 0])) > right


@pytest.mark.host
def test_the_language_model_reads_the_points_and_does_not_move(tiny):
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny.base, torch_dtype=torch.float32)
    frozen = Frozen(model, tiny.tokenizer, conv_templates["emoprompt_chatml"])
    before = [value.clone() for value in model.parameters()]
    start = torch.zeros(len(LABELS), frozen.width)
    points = points_of(frozen, {label: [QUESTION] for label in LABELS}, start, tokens=2, steps=60, seed=0)
    samples = [frozen.sample(QUESTION, label) for label in LABELS]

    def losses(places):
        """Of each label, a row, at each point, a column."""
        return torch.tensor([[frozen.loss(place.expand(1, 2, -1), [sample]).item() for place in places]
                             for sample in samples])  # fmt: skip

    assert losses(points.places).argmin(dim=1).tolist() == [0, 1, 2]
    # By little, as fresh weights hardly look back.
    assert losses(points.places).diagonal().mean() < losses(start).mean()
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters()))
    again = points_of(frozen, {label: [QUESTION] for label in LABELS}, start, tokens=2, steps=60, seed=0)
    assert torch.equal(points.places, again.places)


@pytest.mark.host
@pytest.mark.parametrize("kind", ["linear", "mlp2x_gelu", "multiperspective:slots=2,width=8"])
def test_a_fresh_projector_is_drawn_in(kind):
    import emollm_plugin

    emollm_plugin.register()
    from llava.model.multimodal_projector.builder import build_vision_projector

    torch.manual_seed(0)
    projector = build_vision_projector(SimpleNamespace(mm_projector_type=kind, mm_hidden_size=6, hidden_size=3))
    patches = torch.randn(5, 16, 6)
    mean = POINTS.places.mean(dim=0)
    before = (projector(patches) - mean).norm(dim=-1).mean()
    draw_in(projector, POINTS)
    assert (projector(patches) - mean).norm(dim=-1).mean() < before / 4
