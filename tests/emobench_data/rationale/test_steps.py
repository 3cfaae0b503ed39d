"""Rationales in steps: each can be read off the annotation, and the answer off the last."""

import pytest

from emobench_data.mini.plan import make_plan
from emobench_data.rationale.rules import by_rule
from emobench_data.rationale.steps import steps_of
from emobench_data.schema.parsing import closed, closing
from emobench_data.schema.steps import agrees, read_steps, written
from emobench_data.schema.tasks import TASKS

from ..make import record


def test_every_item_of_mini_has_steps_that_are_read_back_and_lead_to_its_answer():
    records = make_plan(train=72, test=36, seed=1).records
    assert {one.task for one in records} == {*TASKS}
    for one in records:
        steps = steps_of(one)
        answer = closed(written(steps), one.answer)
        assert len(steps) >= 2 and read_steps(answer) == steps
        assert closing(answer) == one.answer and agrees(steps, closing(answer))


def test_words_and_picture_stand_on_sides_of_the_same_name_and_clash_where_these_differ():
    pairs = [one for one in make_plan(train=72, test=36, seed=0).records if one.task in ("hate", "humor", "sarcasm")]
    for one in pairs:
        (_, said), (_, shown), (name, clash) = steps_of(one)
        assert name == "Clash" and clash == ("no" if said == shown else "yes") == one.answer.lower()
    assert {steps_of(one)[:2] for one in pairs if one.task == "humor"} == {
        (("Words", said), ("Picture", shown)) for said in ("large", "small") for shown in ("large", "small")
    }


@pytest.mark.parametrize(
    ("fields", "attributes", "steps"),
    [
        (
            {"task": "emo_c", "answer": "fear", "options": ("joy", "fear")},
            {"scene": "forest", "facial_expression": "fear, open mouth", "brightness": "0.1", "colorfulness": "0.5"},
            (("Scene", "forest"), ("Face", "open mouth"), ("Light", "dark light"), ("Feeling", "fear")),
        ),
        (
            {"task": "emo_c", "answer": "negative", "options": ("negative", "neutral", "positive")},
            {"theme": "Car accident", "category": "Scenery", "arousal": "5.1"},
            (("Shows", "a place or event, car accident"), ("Stirring", "stirring"), ("Feeling", "negative")),
        ),
        (
            {"task": "sarcasm", "answer": "Yes"},
            {"words": "What a day.", "before": "It rains: again."},
            (("Words", '"What a day"'), ("Before", '"It rains: again"'), ("Clash", "yes")),
        ),
        (
            {"task": "intent", "answer": "Thank", "options": ("Thank", "Warn")},
            {"words": "You did it!"},
            (("Words", '"You did it!"'), ("Tone", "with force"), ("Intent", "Thank")),
        ),
    ],
)
def test_steps_of_the_annotation_that_sources_have(fields, attributes, steps):
    one = record(**fields, attributes=attributes)
    assert steps_of(one) == steps == read_steps(closed(written(steps), one.answer))


def test_where_annotation_is_not_enough_for_a_rationale_it_is_not_enough_for_steps():
    for attributes in ({}, {"brightness": "0.9"}, {"scene": "joy"}, {"words": "Well then"}, {"said": "glad"}):
        one = record(task="emo_c", answer="joy", options=("joy", "fear"), attributes=attributes)
        assert steps_of(one) == () and by_rule(one) == ""


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Answer: Yes",
        "Words glad\nClash: yes",
        "Words: glad\nWords: sad\nClash: yes",
        "It clashes.\nClash: yes",
        "Words:\nClash: no",
    ],
)
def test_what_is_no_steps_is_not_taken_for_some(said):
    assert read_steps(said) == ()


def test_a_step_is_read_whatever_stands_around_it():
    assert read_steps("  Words: glad. \n\nClash:  yes\nAnswer: Yes") == (("Words", "glad"), ("Clash", "yes"))
    assert read_steps("<think>Words: sad</think>Words: glad") == (("Words", "glad"),)
    assert not agrees((), "Yes") and agrees((("Clash", "Yes."),), "yes")
