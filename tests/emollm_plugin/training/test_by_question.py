"""Batches of texts behind one question: each record once, whole batches of one question, drawn anew by the generator."""

from collections import Counter

import torch

from emollm_plugin.training.by_question import ByQuestion, question_of

QUESTIONS = ["How glad?"] * 21 + ["How sad?"] * 13 + ["Which emotion?"] * 3 + [""] * 9


def order(seed=0, size=4):
    torch.manual_seed(seed)
    return list(ByQuestion(QUESTIONS, size))


def test_each_record_comes_once_and_whole_batches_share_their_question():
    found = order()
    assert sorted(found) == list(range(len(QUESTIONS))) and len(ByQuestion(QUESTIONS, 4)) == len(found)
    batches = [{QUESTIONS[number] for number in found[start : start + 4]} for start in range(0, len(found), 4)]
    assert [len(batch) for batch in batches[:10]] == [1] * 10, "5 + 3 + 0 + 2 batches are whole"
    assert Counter(one for batch in batches[:10] for one in batch) == {"How glad?": 5, "How sad?": 3, "": 2}


def test_the_order_is_drawn_and_follows_from_the_generator():
    assert order(0) == order(0) != order(1)
    first = [QUESTIONS[number] for number in order(0)[::4]]
    assert first[:10] != sorted(first[:10]), "batches of a question do not lie together"


def test_what_a_record_asks():
    turns = [{"from": "human", "value": 'How glad?\nText: "So it goes."'}, {"from": "gpt", "value": "0.5"}]
    assert question_of({"conversations": turns}) == "How glad?"
    assert question_of({"conversations": turns, "image": "a.jpg"}) == ""
