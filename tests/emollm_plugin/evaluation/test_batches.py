"""Which questions are read together."""

from types import SimpleNamespace

import pytest

from emobench_data.questions import Question

pytestmark = pytest.mark.host


@pytest.mark.parametrize(
    ("lengths", "size", "cost", "ends"),
    [([], 4, 10, []), ([7], 4, 10, [1]), ([9] * 9, 4, 10, [1, 5, 9]), ([90, 9, 9, 9], 4, 10, [1, 4]),
     ([90, 9, 9, 9], 4, 1000, [4]), ([90, 80, 30, 29, 28], 3, 10, [2, 5]), ([5, 4, 3], 1, 0, [1, 2, 3])],
)  # fmt: skip
def test_a_batch_ends_where_that_takes_least(lengths, size, cost, ends):
    from emollm_plugin.evaluation.batches import cut

    assert cut(lengths, size, cost) == ends


def test_every_cut_is_weighed(lengths=(31, 30, 22, 21, 21, 9, 8, 2), size=3, cost=12):
    from itertools import combinations

    from emollm_plugin.evaluation.batches import cut

    def price(ends):
        return sum(lengths[start] * (end - start) + cost for start, end in zip([0, *ends], ends))

    places = range(1, len(lengths))
    ways = [[*inner, len(lengths)] for n in range(len(lengths)) for inner in combinations(places, n)]
    allowed = [ends for ends in ways if all(end - start <= size for start, end in zip([0, *ends], ends))]
    assert price(cut(lengths, size, cost)) == min(map(price, allowed))


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_batch_holds_questions_of_one_kind_and_of_like_length(device):
    from emollm_plugin.evaluation.batches import in_batches

    prompter = SimpleNamespace(question_ids=lambda text, image: [0] * (len(text) + image))
    predictor = SimpleNamespace(prompter=prompter, model=SimpleNamespace(device=SimpleNamespace(type=device)))
    media = [{"image": "a"}, {"image": None, "video": "v"}, {"image": None}]
    asked = [Question(f"{n}/{i}", text="w" * n, **medium) for i, medium in enumerate(media) for n in (5, 500, 5, 5)]
    batches = in_batches(asked, 4, predictor, likelihood=False)
    assert sorted(one.id for batch in batches for one in batch) == sorted(one.id for one in asked)
    assert all(len({(one.image, one.video) for one in batch}) == 1 for batch in batches)
    assert [len(batch) for batch in batches] == ([1, 3] * 3 if device == "cpu" else [4] * 3)
