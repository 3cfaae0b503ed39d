"""Which records word alignment takes."""

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.alignment.pairs import Pair, draw_pairs


def record(image, answer):
    turns = [{"from": "human", "value": "<image>\nWhich?"}, {"from": "gpt", "value": answer}]
    return {"id": f"{image}-{answer}", "image": image, "conversations": turns}


def test_labels_are_taken_and_judgements_sentences_and_text_are_not():
    records = [
        record("a.jpg", "joy"),
        record("b.jpg", "Ask for help"),
        record("c.jpg", "The light is dim.\nAnswer: fear"),
        record("d.jpg", "Yes"),
        record("e.jpg", "no."),
        record("f.jpg", "They look glad about it"),
        {"id": "t", "conversations": record("", "joy")["conversations"]},
        record("a.jpg", "joy"),
    ]
    pairs = draw_pairs(records, most=10, seed=0)
    assert sorted(pairs) == [Pair("a.jpg", "joy"), Pair("b.jpg", "Ask for help"), Pair("c.jpg", "fear")]


def test_the_draw_is_even_over_labels_and_follows_the_seed():
    records = [record(f"{number}.jpg", "joy" if number % 10 else "fear") for number in range(100)]
    pairs = draw_pairs(records, most=16, seed=1)
    assert [pair.label for pair in pairs].count("fear") == 8
    assert pairs == draw_pairs(records[::-1], most=16, seed=1) != draw_pairs(records, most=16, seed=2)


def test_one_label_is_nothing_to_tell_apart():
    with pytest.raises(InputError, match="at least two labels .* have 1; train without it"):
        draw_pairs([record("a.jpg", "joy"), record("b.jpg", "Yes")], most=10, seed=0)
